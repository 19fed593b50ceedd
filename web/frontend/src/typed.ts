/** What somebody typed or chose and has not sent yet: what differs from what the server gave. */

export type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

const FIELDS = "input:not([type=hidden]), textarea, select";

export function fieldsIn(root: ParentNode): Field[] {
  return [...root.querySelectorAll<Field>(FIELDS)];
}

export function isTick(field: Field): field is HTMLInputElement {
  return field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio");
}

export function isTyped(field: Field): boolean {
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if (!(field instanceof HTMLSelectElement)) return field.value !== field.defaultValue;
  const given = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(given, 0);
}

/** Lets fields that come in the place of others take over what was typed there; returns those that did. */
export function takeOverTyped(from: Field[], to: Field[], nameOf: (field: Field) => string): Field[] {
  const fields = new Map(to.map((field) => [nameOf(field), field]));
  const taken: Field[] = [];
  for (const field of from) {
    const next = fields.get(nameOf(field));
    // No script may put a file back into its field.
    if (!next || !isTyped(field) || field.type === "file") continue;
    if (isTick(next) && isTick(field)) next.checked = field.checked;
    else next.value = field.value;
    taken.push(next);
  }
  return taken;
}
