/**
 * Puts the parts of a page in place anew that others changed: elements with an id and data-live="topic topic".
 *
 * The page is fetched as it is now, so a part needs no address of its own. What somebody is doing there stays: what was
 * typed, what has the focus, what was folded open. A part whose form is being sent waits for the next news; so does one in
 * which a word is being composed, and all do while something is carried over the page: they are looked at again when that
 * is over. A part that was put in place tells so by an event (refreshed.ts).
 */
import { onChanged, onFree, tellFree } from "./changed";
import { bindAll } from "./main";
import { t } from "./messages";
import { fetchPartial, NotAnswered } from "./partial";
import { REFRESHED } from "./refreshed";
import { fieldsIn, isTick, isTyped, takeOverTyped } from "./typed";

// What the server gave for each part last; scripts and people change what is shown of it.
const given = new Map<string, string>();

export function keepPartsFresh(page: string): void {
  let waiting = new Set<string>();
  // What could not be shown yet.
  let held = new Set<string>();
  let isBusy = false;

  const take = (topics: Iterable<string>) => {
    waiting = new Set([...waiting, ...held, ...topics]);
    held = new Set();
    if (!isBusy) void refresh();
  };
  onChanged(take);
  onFree(() => take([]));

  async function refresh(): Promise<void> {
    isBusy = true;
    let topics = new Set<string>();
    try {
      while (partsAbout(waiting).length > 0) {
        topics = waiting;
        waiting = new Set();
        const fresh = new DOMParser().parseFromString(await fetchPartial(page), "text/html");
        for (const part of partsAbout(topics)) {
          if (mayReplace(part)) await place(part, fresh.getElementById(part.id));
          else held = new Set([...held, ...topics]);
        }
      }
    } catch (error) {
      // The connection says so where its state stands; what was not answered is asked for with the next news.
      if (!(error instanceof NotAnswered)) throw error;
      held = new Set([...held, ...topics]);
    } finally {
      isBusy = false;
    }
  }
}

/** Where a word is being composed of several keys, as Chinese is: it would be lost with its field. */
let composing: Element | null = null;

document.addEventListener("compositionstart", (event) => {
  composing = event.target instanceof Element ? event.target : null;
});
document.addEventListener("compositionend", () => {
  composing = null;
  tellFree();
});

function mayReplace(part: HTMLElement): boolean {
  return !part.querySelector("form[data-sending]") && !part.contains(composing) && !document.documentElement.dataset.carrying;
}

function partsAbout(topics: Set<string>): HTMLElement[] {
  const parts = [...document.querySelectorAll<HTMLElement>("[data-live][id]")];
  return parts.filter((part) => part.dataset.live?.split(" ").some((topic) => topics.has(topic)));
}

/** Fills a part, which has an id, with what was fetched for it alone; returns whether that was possible now. */
export async function fillPart(part: HTMLElement, html: string): Promise<boolean> {
  if (!mayReplace(part)) return false;
  const coming = part.cloneNode(false) as HTMLElement;
  coming.innerHTML = html;
  await place(part, coming);
  return true;
}

async function place(part: HTMLElement, fresh: HTMLElement | null): Promise<void> {
  if (!fresh) return;
  const now = content(fresh);
  if (now === (given.get(part.id) ?? content(part))) return;
  const touched = typedIntoVersion(part);
  if (touched) return tellOfChange(touched);
  given.set(part.id, now);
  const coming = document.importNode(fresh, true);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const again = focused ? nameOf(focused) : "";
  takeOver(part, coming);
  markNews(part, coming);
  part.replaceWith(coming);
  await bindAll(coming);
  coming.dispatchEvent(new CustomEvent(REFRESHED, { bubbles: true }));
  if (again) focusOn(coming, again, focused);
}

/**
 * The form of the part in which somebody typed, if it says which version of a thing it changes.
 *
 * It keeps that version, so that the server notices that two changed the same thing, and asks.
 */
function typedIntoVersion(part: HTMLElement): HTMLFormElement | null {
  const typed = fieldsIn(part).find(isTyped);
  return typed?.form?.querySelector('[name="version"]') ? typed.form : null;
}

function tellOfChange(form: HTMLFormElement): void {
  if (form.querySelector("[data-changed-meanwhile]")) return;
  const words = document.createElement("p");
  words.dataset.changedMeanwhile = "";
  words.className = "changed-meanwhile";
  words.setAttribute("role", "status");
  words.textContent = t("Somebody changed this meanwhile. What you typed stays; when you send it, you see both.");
  form.prepend(words);
}

/** What is shown, without what differs each time that a page is made. */
function content(part: HTMLElement): string {
  return part.innerHTML.replace(/name="(command_id|csrf_token)" value="[^"]*"/g, "");
}

function takeOver(part: HTMLElement, coming: HTMLElement): void {
  takeOverTyped(fieldsIn(part), fieldsIn(coming), nameOf);
  const folds = new Map([...coming.querySelectorAll("details")].map((fold) => [titleOf(fold), fold]));
  for (const fold of part.querySelectorAll("details")) {
    const next = folds.get(titleOf(fold));
    if (next) next.open = fold.open;
  }
}

/** Lets rows stand out for a moment that were not there before. */
function markNews(part: HTMLElement, coming: HTMLElement): void {
  const known = new Set([...part.querySelectorAll("tbody tr, li")].map((row) => row.textContent));
  for (const row of coming.querySelectorAll("tbody tr, li")) {
    if (!known.has(row.textContent)) row.classList.add("is-news");
  }
}

function focusOn(coming: HTMLElement, name: string, was: Element | null): void {
  const targets = [...coming.querySelectorAll<HTMLElement>("a, button, summary, input, select, textarea, [tabindex]")];
  const target = targets.find((one) => nameOf(one) === name);
  target?.focus({ preventScroll: true });
  if (was instanceof HTMLTextAreaElement && target instanceof HTMLTextAreaElement) {
    target.setSelectionRange(was.selectionStart, was.selectionEnd);
  }
}

/** What tells an element from the others of its part, before and after. */
function nameOf(element: Element): string {
  const form = element.closest("form")?.getAttribute("action") ?? "";
  const value = element instanceof HTMLInputElement && isTick(element) ? element.value : "";
  const text = element.matches("a, button, summary") ? (element.textContent ?? "").trim() : "";
  const names = [element.tagName, element.id, form, element.getAttribute("name") ?? "", value, element.getAttribute("href") ?? "", text];
  return names.join("\n");
}

function titleOf(fold: HTMLDetailsElement): string {
  return fold.id || (fold.querySelector("summary")?.textContent ?? "").trim();
}
