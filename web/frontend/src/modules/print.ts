/** Shows a button that prints the page; without script the browser's own menu does. */

export function mount(button: HTMLElement): void {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
