/**
 * Brings a page of the phone up to date without leaving it: what the server shows now takes the place of what is shown.
 *
 * What is typed, folds that are open, the place on the page and the focus stay. While somebody types, has a finger on
 * the page, or has chosen a photo, it waits.
 */
import { bindAll, written } from "../main";
import { REFRESHED } from "../refreshed";
import { takeTokenOf } from "../tokens";
import { fieldsIn, isTick, isTyped } from "../typed";
import { reveal, settle } from "./told";

const MARK = "Wrenchway-Phone";
/** Every page brings new ids for its forms; they are no change. */
const FOR_ONCE = /name="(command_id|csrf_token)" value="[^"]*"/g;

/** The hidden fields that tell what a form is about, where its address and its place do not. */
const ABOUT = ["sku", "core", "kind"].map((name) => `input[type=hidden][name=${name}]`).join();

let shown: string | undefined;
/** When what is shown was asked for: answers overtake one another. */
let shownAsOf = 0;
let touched = false;
/** The camera or the list of files stands before the page; what is chosen there comes into a field of it. */
let choosing = false;
let postponed = false;

/** Whether a page may be older than what the server says now: the worker shows it as it was seen last. */
export function mayBeOld(): boolean {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return Boolean(navigation && navigation.workerStart > 0);
}

/** Fetches the page anew and shows it if it changed. */
export async function refresh(page: HTMLElement): Promise<void> {
  const asked = performance.now();
  const fresh = await fetchFresh(page);
  if (!fresh || asked < shownAsOf) return;
  const made = fresh.innerHTML.replace(FOR_ONCE, "");
  const isSame = made === (shown ?? written.replace(FOR_ONCE, "")) && !("moved" in page.dataset);
  postponed = !isSame && isBusy(page);
  if (postponed) return;
  shownAsOf = asked;
  if (isSame) return renewIds(page, fresh);
  shown = made;
  settle(asked);
  swap(page, fresh);
}

/** Shows what had to wait because somebody was typing, as soon as they do something else. */
export function refreshWhenFree(page: HTMLElement): void {
  page.addEventListener("pointerdown", () => {
    touched = true;
    choosing = false;
  });
  page.addEventListener("click", (event) => {
    if (event.target instanceof HTMLInputElement && event.target.type === "file") choosing = true;
  });
  const free = (event: Event) => {
    // A finger that goes down takes the focus away from where it was, and is still down then.
    if (event.type === "pointerup" || event.type === "pointercancel") touched = false;
    if (event.type === "change" || event.type === "cancel") choosing = false;
    // After the press that this belongs to has done what it does.
    setTimeout(() => void (postponed && refresh(page)), 0);
  };
  for (const name of ["pointerup", "pointercancel", "focusout", "change", "cancel"]) page.addEventListener(name, free);
}

async function fetchFresh(page: HTMLElement): Promise<HTMLElement | null> {
  if (!navigator.onLine) return null;
  const response = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual", cache: "no-store" }).catch(() => null);
  const mark = response?.ok ? response.headers.get(MARK) : null;
  if (!response || !mark) return null;
  if (String((JSON.parse(mark) as { user: number }).user) !== page.dataset.person) {
    // Somebody else signed in on this phone: their own page, from the start.
    location.reload();
    return null;
  }
  const made = new DOMParser().parseFromString(await response.text(), "text/html");
  // A page that was kept may carry the token of a session that ended.
  takeTokenOf(made);
  // Colours, text size and language may have been changed on another page.
  for (const { name, value } of made.documentElement.attributes) document.documentElement.setAttribute(name, value);
  return made.querySelector<HTMLElement>("[data-person]");
}

/** A page that was kept may carry ids that were used up since, though it says what it said. */
function renewIds(page: HTMLElement, fresh: HTMLElement): void {
  const idOf = (form: HTMLFormElement) => form.querySelector<HTMLInputElement>("input[name=command_id]");
  const ids = new Map([...fresh.querySelectorAll("form")].map((form) => [nameOf(form), idOf(form)?.value]));
  for (const form of page.querySelectorAll("form")) {
    const field = idOf(form);
    if (field && !form.dataset.sending) field.value = ids.get(nameOf(form)) ?? field.value;
  }
}

function isBusy(page: HTMLElement): boolean {
  const active = document.activeElement;
  const types = active instanceof HTMLElement && page.contains(active) && active.matches("input, textarea, select");
  const chosen = [...page.querySelectorAll<HTMLInputElement>("input[type=file]")].some((input) => input.files?.length);
  return touched || choosing || types || chosen || page.querySelector("form[data-taking]") !== null || document.querySelector("dialog[open]") !== null;
}

function swap(page: HTMLElement, fresh: HTMLElement): void {
  const open = new Set([...page.querySelectorAll("details")].filter((fold) => fold.open).map(nameOf));
  const typed = [...page.querySelectorAll("form")].map((form) => [nameOf(form), changedFields(form)] as const);
  const corrected = [...page.querySelectorAll<HTMLFormElement>("form[data-corrects]")];
  const corrects = corrected.map((form) => [nameOf(form), form.dataset.corrects] as const);
  const focused = document.activeElement?.id;
  const place = window.scrollY;
  page.replaceChildren(...fresh.childNodes);
  delete page.dataset.moved;
  for (const fold of page.querySelectorAll("details")) if (open.has(nameOf(fold))) fold.open = true;
  const forms = new Map([...page.querySelectorAll("form")].map((form) => [nameOf(form), form]));
  for (const [name, fields] of typed) fill(forms.get(name), fields);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  window.scrollTo({ top: place });
  void bindAll(page);
  page.dispatchEvent(new CustomEvent(REFRESHED));
  for (const [name, command] of corrects) {
    const form = forms.get(name);
    if (!form || !command) continue;
    form.dataset.corrects = command;
    reveal(form);
  }
}

/** Tells folds and forms of one page from another: by the stop they stand in, what they are about and what they say. */
function nameOf(element: Element): string {
  const stop = element.closest("[id]")?.id ?? "";
  if (element instanceof HTMLFormElement) {
    const about = [...element.querySelectorAll<HTMLInputElement>(ABOUT)];
    return [stop, element.getAttribute("action"), ...about.map((field) => field.value)].join("|");
  }
  return `${stop}|${element.querySelector("summary")?.textContent?.trim() ?? ""}`;
}

type Changed = [name: string, value: string, ticked: boolean | undefined][];

function changedFields(form: HTMLFormElement): Changed {
  const typed = fieldsIn(form).filter((field) => field.type !== "file" && isTyped(field));
  return typed.map((field) => [field.name, field.value, isTick(field) ? field.checked : undefined]);
}

function fill(form: HTMLFormElement | undefined, fields: Changed): void {
  for (const [name, value, ticked] of fields) {
    for (const field of form ? fieldsIn(form) : []) {
      if (field.name !== name) continue;
      if (!isTick(field)) field.value = value;
      else if (field.value === value) field.checked = ticked ?? false;
    }
  }
}
