/** Says on the fold of a checklist how many of its boxes are ticked. */
import { t } from "../messages";

export function mount(fold: HTMLElement): void {
  const boxes = [...fold.querySelectorAll<HTMLInputElement>('input[type="checkbox"]')];
  const count = document.createElement("span");
  count.className = "count";
  fold.querySelector("summary > span")?.after(count);
  const show = () => {
    // As an attribute: the words of the fold itself stay what they are, by which it is known again.
    count.dataset.count = t("{done} of {all}", { done: boxes.filter((box) => box.checked).length, all: boxes.length });
  };
  fold.addEventListener("change", show);
  show();
}
