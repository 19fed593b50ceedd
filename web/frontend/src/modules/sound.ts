/** A button that switches the beeps of scanning on and off, on this device. */
import { soundIsOn, switchSound, tellByTone } from "../sound";

export function mount(button: HTMLElement): void {
  button.hidden = false;
  button.setAttribute("aria-pressed", String(soundIsOn()));
  button.addEventListener("click", () => {
    const on = !soundIsOn();
    switchSound(on);
    button.setAttribute("aria-pressed", String(on));
    if (on) tellByTone("good");
  });
}
