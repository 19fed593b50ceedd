/** Dialogs: the browser keeps the focus inside, closes on Escape, and gives the focus back afterwards. */

/** Opens a dialog; a press beside it closes it like Escape. Resolves with what closed it: a button's value, or "". */
export function openDialog(dialog: HTMLDialogElement): Promise<string> {
  dialog.returnValue = "";
  dialog.showModal();
  const pressed = (event: PointerEvent) => {
    if (event.target === dialog && isOutside(dialog, event)) dialog.close();
  };
  dialog.addEventListener("pointerdown", pressed);
  return new Promise((closed) => {
    const whenClosed = () => {
      dialog.removeEventListener("pointerdown", pressed);
      closed(dialog.returnValue);
    };
    dialog.addEventListener("close", whenClosed, { once: true });
  });
}

/** What lies beside a dialog belongs to it as far as the browser tells; only the place gives it away. */
function isOutside(dialog: HTMLDialogElement, event: PointerEvent): boolean {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
