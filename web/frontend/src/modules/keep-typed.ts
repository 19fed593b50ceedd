/**
 * Keeps what is typed on this device until the server has it: a lost connection, a reload or a dead battery loses nothing.
 *
 * Bound to the page; every form with data-keep is kept under its address. It is dropped when the page that answers the
 * form says that something was done, and on nothing less: an answer that never came, or a refusal, keeps it.
 */
import { keepDraft, keyOf, restoreDraft, withStorage } from "../drafts";
import { REFRESHED } from "../refreshed";

/** Kept by the tab: what another one answers says nothing about a form of this one. */
const SENT = "typed-sent";

export function mount(page: HTMLElement): void {
  dropWhatWasDone();
  restoreAll(page);
  page.addEventListener(REFRESHED, () => restoreAll(page));
  page.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("form[data-keep]") : null;
    if (form) keepDraft(form);
  });
  // At the window, so that whoever holds the form back has had a say before.
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && !event.defaultPrevented) noteSent(form);
  });
}

function restoreAll(page: HTMLElement): void {
  for (const form of page.querySelectorAll<HTMLFormElement>("form[data-keep]")) restoreDraft(form);
}

/** Remembers which form was sent, until the page that answers it says whether something was done. */
export function noteSent(form: HTMLFormElement): void {
  if ("keep" in form.dataset) withStorage((storage) => storage.setItem(SENT, keyOf(form)), "sessionStorage");
}

function dropWhatWasDone(): void {
  const sent = withStorage((storage) => storage.getItem(SENT), "sessionStorage");
  withStorage((storage) => storage.removeItem(SENT), "sessionStorage");
  if (sent && document.querySelector(".notice-done")) withStorage((storage) => storage.removeItem(sent));
}
