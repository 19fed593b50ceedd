/**
 * Keeps what is typed on this device until it was sent: a lost connection, a reload or a dead battery loses nothing.
 *
 * Bound to the page; every form with data-keep is kept under its address. A form that the page no longer has was
 * accepted, or its visit is over, so what was kept for it is dropped.
 */

const PREFIX = "typed:";

export function mount(page: HTMLElement): void {
  const forms = new Map([...page.querySelectorAll<HTMLFormElement>("form[data-keep]")].map((form) => [PREFIX + path(form), form]));
  // A refusal shows what the server was sent; the forms of that page must not be dropped as accepted.
  if (!page.querySelector(".notice-refused")) dropOthers(new Set(forms.keys()));
  for (const [key, form] of forms) {
    restore(form, key);
    form.addEventListener("input", () => keep(form, key));
  }
}

function path(form: HTMLFormElement): string {
  return form.getAttribute("action") ?? location.pathname;
}

function fields(form: HTMLFormElement): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] {
  return [...form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>("textarea, select, input:not([type=hidden])")];
}

function keep(form: HTMLFormElement, key: string): void {
  const values: Record<string, string> = {};
  for (const field of fields(form)) {
    if (!isRadio(field)) values[field.name] = field.value;
    else if (field.checked) values[field.name] = field.value;
  }
  withStorage((storage) => storage.setItem(key, JSON.stringify(values)));
}

function restore(form: HTMLFormElement, key: string): void {
  const values = withStorage((storage) => JSON.parse(storage.getItem(key) ?? "null") as Record<string, string> | null);
  if (!values) return;
  for (const field of fields(form)) {
    const value = values[field.name];
    if (value === undefined) continue;
    if (isRadio(field)) field.checked = field.value === value;
    else if (field instanceof HTMLSelectElement || !field.value || field.type === "number") field.value = value;
  }
  if (Object.values(values).some(Boolean)) form.closest("details")?.setAttribute("open", "");
}

function isRadio(field: Element): field is HTMLInputElement {
  return field instanceof HTMLInputElement && field.type === "radio";
}

function dropOthers(known: ReadonlySet<string>): void {
  withStorage((storage) => {
    for (const key of Object.keys(storage)) {
      if (key.startsWith(PREFIX) && !known.has(key)) storage.removeItem(key);
    }
  });
}

/** Private windows and full devices refuse storage; the page works without it. */
function withStorage<T>(use: (storage: Storage) => T): T | null {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}
