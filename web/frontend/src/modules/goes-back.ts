/** A button that leads back as the browser does: what was typed there is still there. */

export function mount(button: HTMLElement): void {
  if (history.length < 2) return;
  button.hidden = false;
  button.addEventListener("click", () => history.back());
}
