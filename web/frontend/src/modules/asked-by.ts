/**
 * Shows a group of fields only while one of the reasons that ask for them is chosen in its form.
 *
 * What is hidden is disabled too: a part that was named for another reason is not sent along unseen.
 */

export function mount(element: HTMLElement): void {
  const form = element.closest("form");
  if (!(element instanceof HTMLFieldSetElement) || !form) return;
  const reasons = (element.dataset.askedBy ?? "").split(" ");
  const show = () => {
    const chosen = form.querySelector<HTMLInputElement>('input[name="reason"]:checked')?.value ?? "";
    element.hidden = element.disabled = !reasons.includes(chosen);
  };
  form.addEventListener("change", show);
  form.addEventListener("reset", () => setTimeout(show));
  show();
}
