/**
 * Takes what a hand scanner types anywhere on the page into the field that is meant for it.
 *
 * An element with data-module="scan" names the field by data-scan-into="#id"; without it, its first field is meant. A
 * scan goes to the element in which the focus is, else to the first one that is shown; one with data-scan-rank="last"
 * comes into question when there is no other and nobody is typing into a field. What the scanner typed where the focus
 * was is taken out again. Fields below data-takes-scans keep what is scanned into them. Typing by hand is left alone.
 */
import { deliver } from "../scanning";
import { Wedge } from "../wedge";

type Field = HTMLInputElement | HTMLTextAreaElement;
const TYPED_INTO = "input:not([type=hidden], [type=checkbox], [type=radio], [type=button], [type=submit]), textarea";

const wedge = new Wedge();
/** Puts back what stood in the focused field before the scanner typed into it. */
let putBack: () => void = () => {};
let isListening = false;

export function mount(element: HTMLElement): void {
  if (!isListening) document.addEventListener("keydown", onKey, { capture: true });
  isListening = true;
  const field: HTMLElement | null = fieldOf(element);
  if (!(field instanceof HTMLInputElement) || !("scanLocal" in element.dataset)) return;
  // Without a form around it, Enter after a code that was typed by hand does what a scan does.
  element.hidden = false;
  // The browser gave the focus while the field was not shown yet. On a phone it would bring up the keyboard.
  if (document.activeElement === document.body && !matchMedia("(pointer: coarse)").matches) field.focus();
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !field.value.trim()) return;
    event.preventDefault();
    const code = field.value.trim();
    field.value = "";
    deliver(field, code);
  });
}

function onKey(event: KeyboardEvent): void {
  if (event.isComposing || event.repeat) return;
  const focused = document.activeElement;
  if (focused?.closest("[data-takes-scans]")) return;
  if (wedge.begins(event)) putBack = remember(focused);
  const code = wedge.take(event);
  if (code === null) {
    // A blank of a code would press the button that has the focus.
    if (wedge.isFast && !focused?.matches(TYPED_INTO)) event.preventDefault();
    return;
  }
  const field = target(focused);
  if (!field) return;
  event.preventDefault();
  event.stopPropagation();
  putBack();
  deliver(field, code);
}

/** Returns the field that a scan goes to, or null when nothing on the page waits for one. */
function target(focused: Element | null): Field | null {
  const waiting = [...document.querySelectorAll<HTMLElement>('[data-module~="scan"]')]
    .map((element) => ({ element, field: fieldOf(element) }))
    .filter(({ field }) => field?.checkVisibility());
  const isTyping = focused?.matches(TYPED_INTO) ?? false;
  const chosen =
    waiting.find(({ element, field }) => element.contains(focused) || field === focused) ??
    waiting.find(({ element }) => element.dataset.scanRank !== "last") ??
    (isTyping ? undefined : waiting[0]);
  return chosen?.field ?? null;
}

function fieldOf(element: HTMLElement): Field | null {
  const named = element.dataset.scanInto;
  return named ? document.querySelector<Field>(named) : element.querySelector<Field>(TYPED_INTO);
}

function remember(focused: Element | null): () => void {
  if (focused instanceof HTMLSelectElement) {
    const chosen = focused.selectedIndex;
    return () => {
      focused.selectedIndex = chosen;
    };
  }
  if (!(focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement)) return () => {};
  const { value: before, defaultValue: given } = focused;
  return () => {
    const field = inItsPlace(focused);
    // A field that came with an answer meanwhile may hold what the server has read.
    const wanted = before === given ? field.defaultValue : before;
    if (field.value === wanted) return;
    field.value = wanted;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
}

/** The field as it is now: an answer that came amid a scan may have put another one in its place, with what was typed so far. */
function inItsPlace(field: Field): Field {
  if (field.isConnected || !field.id) return field;
  return document.querySelector<Field>(`:is(input, textarea)#${CSS.escape(field.id)}`) ?? field;
}
