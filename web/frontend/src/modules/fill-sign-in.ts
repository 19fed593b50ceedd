/** Fills the sign-in form with an account of the demonstration. */

export function mount(form: HTMLElement): void {
  const email = form.querySelector<HTMLInputElement>("[name=email]");
  const password = form.querySelector<HTMLInputElement>("[name=password]");
  const submit = form.querySelector<HTMLButtonElement>("button");
  if (!email || !password) return;
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-fill-email]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      email.value = button.dataset.fillEmail ?? "";
      password.value = button.dataset.fillPassword ?? "";
      submit?.focus();
    });
  }
}
