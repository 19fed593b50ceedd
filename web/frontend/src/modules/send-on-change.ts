/** Sends a form as soon as something is chosen in it; its plain button is no longer needed. */

export function mount(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  for (const button of form.querySelectorAll<HTMLElement>("[data-plain]")) button.hidden = true;
  form.addEventListener("change", () => {
    if (form.reportValidity()) form.requestSubmit();
  });
}
