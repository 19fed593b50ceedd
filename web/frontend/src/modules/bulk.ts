/** Says how many jobs of the list are ticked, and ticks all of them. */
import { t } from "../messages";
import { REFRESHED } from "../refreshed";

export function mount(form: HTMLElement): void {
  const board = form.closest<HTMLElement>(".board") ?? document.body;
  const boxes = () => [...board.querySelectorAll<HTMLInputElement>(`input[type="checkbox"][form="${form.id}"]`)];
  const count = form.querySelector<HTMLElement>("[data-ticked]");
  const none = form.querySelector<HTMLElement>("[data-ticked-none]");
  const all = form.querySelector<HTMLButtonElement>("[data-tick-all]");
  const tell = () => {
    const ticked = boxes().filter((box) => box.checked).length;
    if (!count || !none) return;
    count.hidden = ticked === 0;
    none.hidden = ticked > 0;
    count.textContent = ticked === 1 ? t("With 1 ticked job") : t("With {number} ticked jobs", { number: ticked });
  };
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const tick = boxes().some((box) => !box.checked);
      for (const box of boxes()) box.checked = tick;
      tell();
    });
  }
  board.addEventListener("change", tell);
  board.addEventListener(REFRESHED, tell);
  tell();
}
