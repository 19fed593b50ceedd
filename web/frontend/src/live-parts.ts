/**
 * Puts the parts of a page in place anew that others changed: elements with an id and data-live="topic topic".
 *
 * The page is fetched as it is now, so a part needs no address of its own. What somebody is doing there stays: what was
 * typed, what has the focus, what was folded open. A part whose form is being sent waits for the next news, and all do
 * while something is carried over the page. A part that was put in place tells so by an event (refreshed.ts).
 */
import { onChanged } from "./changed";
import { bindAll } from "./main";
import { t } from "./messages";
import { fetchPartial, NotAnswered } from "./partial";
import { REFRESHED } from "./refreshed";
import { type Field, fieldsIn, isTick, isTyped } from "./typed";

// What the server gave for each part last; scripts and people change what is shown of it.
const given = new Map<string, string>();

export function keepPartsFresh(page: string): void {
  let waiting = new Set<string>();
  let isBusy = false;

  onChanged((topics) => {
    waiting = new Set([...waiting, ...topics]);
    if (!isBusy) void refresh();
  });

  async function refresh(): Promise<void> {
    isBusy = true;
    try {
      while (partsAbout(waiting).length > 0) {
        const topics = waiting;
        waiting = new Set();
        const fresh = new DOMParser().parseFromString(await fetchPartial(page), "text/html");
        for (const part of partsAbout(topics)) await place(part, fresh.getElementById(part.id));
      }
    } catch (error) {
      // The connection says so where its state stands, and comes back with everything that was missed.
      if (!(error instanceof NotAnswered)) throw error;
    } finally {
      isBusy = false;
    }
  }
}

function partsAbout(topics: Set<string>): HTMLElement[] {
  const parts = [...document.querySelectorAll<HTMLElement>("[data-live][id]")];
  return parts.filter((part) => part.dataset.live?.split(" ").some((topic) => topics.has(topic)));
}

/** Fills a part, which has an id, with what was fetched for it alone. */
export async function fillPart(part: HTMLElement, html: string): Promise<void> {
  const coming = part.cloneNode(false) as HTMLElement;
  coming.innerHTML = html;
  await place(part, coming);
}

async function place(part: HTMLElement, fresh: HTMLElement | null): Promise<void> {
  if (!fresh || part.querySelector("form[data-sending]") || document.documentElement.dataset.carrying) return;
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
  const fields = new Map(fieldsIn(coming).map((field) => [nameOf(field), field]));
  for (const field of fieldsIn(part)) {
    const next = fields.get(nameOf(field));
    if (next && isTyped(field)) setAs(next, field);
  }
  const folds = new Map([...coming.querySelectorAll("details")].map((fold) => [titleOf(fold), fold]));
  for (const fold of part.querySelectorAll("details")) {
    const next = folds.get(titleOf(fold));
    if (next) next.open = fold.open;
  }
}

function setAs(next: Field, field: Field): void {
  if (isTick(next) && isTick(field)) next.checked = field.checked;
  else next.value = field.value;
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
