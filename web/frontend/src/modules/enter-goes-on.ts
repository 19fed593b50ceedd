/**
 * Lets a scanner fill a form: the Enter that it sends after each code leads to the next field.
 *
 * Without it Enter would send the form after the first code. The button still sends it, and so does Enter on the button.
 */
const FIELDS = "input:not([type=hidden]), select, textarea, button";

export function mount(form: HTMLElement): void {
  form.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || !(field instanceof HTMLInputElement)) return;
    event.preventDefault();
    const fields = [...form.querySelectorAll<HTMLElement>(FIELDS)];
    fields[fields.indexOf(field) + 1]?.focus();
  });
}
