/** Says at the edge of the window what was just done, read aloud too, with a way to undo it where there is one. */

export interface Toast {
  tone?: "done" | "refused" | "note";
  /** The word on its button, and what pressing it does. */
  action?: { label: string; act: () => void };
}

const SHOWN_MS = 6000;

/**
 * Shows a sentence; returns how to take it away early.
 *
 * One that can be acted on, and a refusal, stays until it is closed or followed by another: nobody races a clock.
 */
export function toast(text: string, { tone = "done", action }: Toast = {}): () => void {
  const region = document.getElementById("toasts");
  const made = cloned(text, tone);
  if (!region || !made) return () => undefined;
  for (const staying of region.querySelectorAll("[data-stays]")) staying.remove();
  const close = () => made.remove();
  made.querySelector("[data-toast-close]")?.addEventListener("click", close);
  if (action) addAction(made, action, close);
  if (action || tone === "refused") made.dataset.stays = "";
  else goesAway(made, close);
  region.append(made);
  return close;
}

function cloned(text: string, tone: string): HTMLElement | null {
  const template = document.getElementById(`toast-${tone}`);
  if (!(template instanceof HTMLTemplateElement)) return null;
  const made = template.content.firstElementChild?.cloneNode(true);
  if (!(made instanceof HTMLElement)) return null;
  const place = made.querySelector(".toast-text");
  if (place) place.textContent = text;
  return made;
}

function addAction(made: HTMLElement, { label, act }: NonNullable<Toast["action"]>, close: () => void): void {
  const button = made.querySelector<HTMLButtonElement>("[data-toast-act]");
  const word = button?.querySelector("span");
  if (!button || !word) return;
  word.textContent = label;
  button.hidden = false;
  button.addEventListener("click", () => {
    close();
    act();
  });
}

/** Goes after a while, but not under somebody's pointer or focus. */
function goesAway(made: HTMLElement, close: () => void): void {
  const later = () =>
    setTimeout(() => {
      if (made.matches(":hover, :focus-within")) later();
      else close();
    }, SHOWN_MS);
  later();
}
