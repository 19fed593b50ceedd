/**
 * Keeps what is typed on this device until the server has it: a lost connection, a reload or a dead battery loses nothing.
 *
 * Bound to the page; every form with data-keep is kept under its address. It is dropped when the page that answers the
 * form says that something was done, and on nothing less: an answer that never came, or a refusal, keeps it.
 */

const PREFIX = "typed:";
const SENT = "typed-sent";

export function mount(page: HTMLElement): void {
  dropWhatWasDone();
  for (const form of page.querySelectorAll<HTMLFormElement>("form[data-keep]")) {
    restore(form);
    form.addEventListener("input", () => keep(form));
  }
  // At the window, so that whoever holds the form back has had a say before.
  window.addEventListener("submit", (event) => {
    const form = event.target;
    if (form instanceof HTMLFormElement && !event.defaultPrevented) noteSent(form);
  });
}

/** Remembers which form was sent, until the page that answers it says whether something was done. */
export function noteSent(form: HTMLFormElement): void {
  if ("keep" in form.dataset) withStorage((storage) => storage.setItem(SENT, keyOf(form)));
}

function dropWhatWasDone(): void {
  withStorage((storage) => {
    const sent = storage.getItem(SENT);
    storage.removeItem(SENT);
    if (sent && document.querySelector(".notice-done")) storage.removeItem(sent);
  });
}

/** A field named "action" would hide form.action, so the attribute is read. */
function keyOf(form: HTMLFormElement): string {
  return PREFIX + (form.getAttribute("action") ?? location.pathname);
}

function fields(form: HTMLFormElement): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] {
  return [...form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>("textarea, select, input:not([type=hidden])")];
}

function keep(form: HTMLFormElement): void {
  const values: Record<string, string> = {};
  for (const field of fields(form)) {
    if (!isRadio(field) || field.checked) values[field.name] = field.value;
  }
  withStorage((storage) => storage.setItem(keyOf(form), JSON.stringify(values)));
}

function restore(form: HTMLFormElement): void {
  const values = withStorage((storage) => JSON.parse(storage.getItem(keyOf(form)) ?? "null") as Record<string, string> | null);
  if (!values) return;
  for (const field of fields(form)) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (isRadio(field)) field.checked = field.value === value;
    else field.value = value;
  }
  form.closest("details")?.setAttribute("open", "");
}

function isRadio(field: Element): field is HTMLInputElement {
  return field instanceof HTMLInputElement && field.type === "radio";
}

/** Private windows and full devices refuse storage; the page works without it. */
function withStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}
