/** What becomes of a scanned code, whether a hand scanner or the camera read it. */

const EVENT = "wrenchway:scan";
/** A code that begins so is a command from the card of the scanner: it presses what bears its name. */
const COMMAND = ".";

/** Listens for codes that are scanned into a field within ``root``; the listener says whether it took the code. */
export function onScan(root: EventTarget, listener: (code: string) => boolean): void {
  root.addEventListener(EVENT, (event) => {
    if (listener((event as CustomEvent<string>).detail)) event.preventDefault();
  });
}

/**
 * Hands a code to a field: whoever listens may take it, else it stands in the field as if it had been typed.
 *
 * A field with several lines gets one more; one with data-scan-adds gets it behind what it has. With data-scan-send the
 * form of the field is sent.
 */
export function deliver(field: HTMLInputElement | HTMLTextAreaElement, code: string): void {
  if (code.startsWith(COMMAND) && obey(code.slice(COMMAND.length))) return;
  if (!field.dispatchEvent(new CustomEvent(EVENT, { bubbles: true, cancelable: true, detail: code }))) return;
  if (field instanceof HTMLTextAreaElement) field.value = [field.value.trimEnd(), code].filter(Boolean).join("\n");
  else field.value = "scanAdds" in field.dataset ? `${field.value.trim()} ${code}`.trim() : code;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  if ("scanSend" in field.dataset) field.form?.requestSubmit();
}

/** Presses what bears the name of a command; returns whether there is such a thing on the page. */
function obey(command: string): boolean {
  const named = document.querySelectorAll<HTMLElement>(`[data-scan-command="${CSS.escape(command.toLowerCase())}"]`);
  const shown = [...named].find((element) => element.checkVisibility());
  shown?.click();
  return shown !== undefined;
}
