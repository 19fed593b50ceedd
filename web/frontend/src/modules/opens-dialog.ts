/** Opens the dialog that data-dialog names; without script the opener is a link, or is not shown at all. */
import { openDialog } from "../dialog";

export function mount(opener: HTMLElement): void {
  opener.hidden = false;
  opener.setAttribute("aria-haspopup", "dialog");
  opener.addEventListener("click", (event) => {
    const dialog = document.getElementById(opener.dataset.dialog ?? "");
    if (!(dialog instanceof HTMLDialogElement)) return;
    event.preventDefault();
    openDialog(dialog);
  });
}
