/**
 * Brings a page of the phone up to date without leaving it: what the server shows now takes the place of what is shown.
 *
 * What is typed, folds that are open, the place on the page and the focus stay. While somebody types, has a finger on
 * the page, or has chosen a photo, it waits.
 */
import { bindAll } from "../main";
import { REFRESHED } from "../refreshed";
import { fieldsIn, isTick, isTyped } from "../typed";

const MARK = "Wrenchway-Phone";
/** Every page brings new ids for its forms; they are no change. */
const FOR_ONCE = /name="(command_id|csrf_token)" value="[^"]*"/g;

let shown = "";
let touched = false;
let postponed = false;

/** Whether a page may be older than what the server says now: the worker shows it as it was seen last. */
export function mayBeOld(): boolean {
  const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
  return Boolean(navigation && navigation.workerStart > 0);
}

/** Fetches the page anew and shows it if it changed. */
export async function refresh(page: HTMLElement): Promise<void> {
  const fresh = await fetchFresh(page);
  if (!fresh) return;
  const made = fresh.innerHTML.replace(FOR_ONCE, "");
  if (made === shown) return;
  postponed = isBusy(page);
  if (postponed) return;
  shown = made;
  swap(page, fresh);
}

/** Shows what had to wait because somebody was typing, as soon as they do something else. */
export function refreshWhenFree(page: HTMLElement): void {
  page.addEventListener("pointerdown", () => (touched = true));
  const free = () => {
    touched = false;
    // After the press that this belongs to has done what it does.
    setTimeout(() => void (postponed && refresh(page)), 0);
  };
  for (const name of ["pointerup", "pointercancel", "focusout"]) page.addEventListener(name, free);
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
  renewTokens(made);
  // Colours, text size and language may have been changed on another page.
  for (const { name, value } of made.documentElement.attributes) document.documentElement.setAttribute(name, value);
  return made.querySelector<HTMLElement>("[data-person]");
}

/** A page that was kept may carry the token of a session that ended. */
function renewTokens(made: Document): void {
  const token = made.querySelector<HTMLInputElement>("input[name=csrf_token]")?.value;
  if (!token) return;
  for (const field of document.querySelectorAll<HTMLInputElement>("input[name=csrf_token]")) field.value = token;
}

function isBusy(page: HTMLElement): boolean {
  const active = document.activeElement;
  const types = active instanceof HTMLElement && page.contains(active) && active.matches("input, textarea, select");
  const chosen = [...page.querySelectorAll<HTMLInputElement>("input[type=file]")].some((input) => input.files?.length);
  return touched || types || chosen || page.querySelector("[data-dirty]") !== null || document.querySelector("dialog[open]") !== null;
}

function swap(page: HTMLElement, fresh: HTMLElement): void {
  const open = new Set([...page.querySelectorAll("details")].filter((fold) => fold.open).map(nameOf));
  const typed = [...page.querySelectorAll("form")].map((form) => [nameOf(form), changedFields(form)] as const);
  const focused = document.activeElement?.id;
  const place = window.scrollY;
  page.replaceChildren(...fresh.childNodes);
  for (const fold of page.querySelectorAll("details")) if (open.has(nameOf(fold))) fold.open = true;
  const forms = new Map([...page.querySelectorAll("form")].map((form) => [nameOf(form), form]));
  for (const [name, fields] of typed) fill(forms.get(name), fields);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  window.scrollTo({ top: place });
  void bindAll(page);
  page.dispatchEvent(new CustomEvent(REFRESHED));
}

/** Tells folds and forms of one page from another: by the stop they stand in, what they are about and what they say. */
function nameOf(element: Element): string {
  const stop = element.closest("[id]")?.id ?? "";
  if (element instanceof HTMLFormElement) {
    const about = [...element.querySelectorAll<HTMLInputElement>("input[type=hidden][name=sku], input[type=hidden][name=core]")];
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
