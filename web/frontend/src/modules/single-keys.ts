/** The box that turns single keys on and off for this browser (WCAG 2.1.4). */
import { areOff, turn } from "../keys";

export function mount(box: HTMLElement): void {
  const tick = box.querySelector<HTMLInputElement>("input[type=checkbox]");
  if (!tick) return;
  box.hidden = false;
  tick.checked = !areOff();
  tick.addEventListener("change", () => turn(tick.checked));
}
