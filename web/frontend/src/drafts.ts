/** What is typed into forms, kept on this device until it is somewhere safer. */
import { fieldsIn, isTick } from "./typed";

const PREFIX = "typed:";

/** What stands in the fields by name, and of boxes and choices those that are ticked, as "name=value". */
interface Draft {
  values: Record<string, string>;
  ticked: string[];
}

/**
 * Whose draft it is, and of which form: several people share a device, and several forms of a page an address.
 *
 * A field named "action" would hide form.action, so the attribute is read.
 */
export function keyOf(form: HTMLFormElement): string {
  const user = document.querySelector<HTMLElement>("main")?.dataset.user ?? "";
  const kind = form.querySelector<HTMLInputElement>("input[type=hidden][name=kind]")?.value;
  const address = form.getAttribute("action") ?? location.pathname;
  return `${PREFIX}${user}:${address}${kind ? `#${kind}` : ""}`;
}

export function keepDraft(form: HTMLFormElement): void {
  const draft: Draft = { values: {}, ticked: [] };
  for (const field of fieldsIn(form)) {
    // No script may put a file back into its field.
    if (field.type === "file") continue;
    if (!isTick(field)) draft.values[field.name] = field.value;
    else if (field.checked) draft.ticked.push(`${field.name}=${field.value}`);
  }
  withStorage((storage) => storage.setItem(keyOf(form), JSON.stringify(draft)));
}

export function restoreDraft(form: HTMLFormElement): void {
  const draft = withStorage((storage) => JSON.parse(storage.getItem(keyOf(form)) ?? "null") as Partial<Draft> | null);
  if (!draft?.values || !draft.ticked) return;
  for (const field of fieldsIn(form)) {
    if (isTick(field)) field.checked = draft.ticked.includes(`${field.name}=${field.value}`);
    else if (field.type !== "file") field.value = draft.values[field.name] ?? field.value;
  }
  form.closest("details:not(.stop)")?.setAttribute("open", "");
}

/** Keeps what is drawn in a form, as whoever draws it tells it. */
export function keepDrawing(form: HTMLFormElement, drawn: unknown): void {
  withStorage((storage) => storage.setItem(keyOfDrawing(form), JSON.stringify(drawn)));
}

export function drawingOf<T>(form: HTMLFormElement): T | null {
  return withStorage((storage) => JSON.parse(storage.getItem(keyOfDrawing(form)) ?? "null") as T | null);
}

export function dropDrawing(form: HTMLFormElement): void {
  withStorage((storage) => storage.removeItem(keyOfDrawing(form)));
}

/** What was typed and drawn is in safe hands now. */
export function dropDraft(form: HTMLFormElement): void {
  withStorage((storage) => storage.removeItem(keyOf(form)));
  dropDrawing(form);
}

function keyOfDrawing(form: HTMLFormElement): string {
  return `${keyOf(form)}#drawn`;
}

/** Private windows and full devices refuse storage; the page works without it. */
export function withStorage<T>(use: (storage: Storage) => T, kind: "localStorage" | "sessionStorage" = "localStorage"): T | null {
  try {
    return use(window[kind]);
  } catch {
    return null;
  }
}
