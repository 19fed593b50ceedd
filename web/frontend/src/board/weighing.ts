/** Asks the server what a move costs and shows the answer beside the place; nothing takes effect before "Move it". */
import { openDialog } from "../dialog";
import { bindAll } from "../main";
import { t } from "../messages";
import { fetchPartial, NotAnswered, showFailure } from "../partial";
import type { Place } from "./places";

export interface Point {
  x: number;
  y: number;
}

const MARGIN = 12;

/** Resolves when the dialog is closed; the page is left when the move is made. */
export async function weigh(board: HTMLElement, number: string, place: Place, near: Point): Promise<void> {
  const dialog = made(t("Moving {job}", { job: number }));
  board.append(dialog);
  const leaving = new AbortController();
  const closed = openDialog(dialog);
  put(dialog, near);
  // Of the plan that was shown when the visit was put down, even if another one stands there by the second try.
  const asked = fields(board, number, place);
  const ask = async (): Promise<void> => {
    try {
      dialog.innerHTML = await fetchPartial(board.dataset.weigh ?? "", leaving.signal, asked);
      await bindAll(dialog);
      // Not the button: whoever holds Enter down to drop a visit has not seen yet what it costs.
      dialog.focus();
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      if (leaving.signal.aborted) return;
      showFailure(dialog, error, () => void ask());
      dialog.append(leaveButton());
    }
    put(dialog, near);
  };
  void ask();
  dialog.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || !event.target.closest("[data-leave]")) return;
    event.preventDefault();
    dialog.close();
  });
  await closed;
  leaving.abort();
  dialog.remove();
}

function made(title: string): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog weighing";
  dialog.setAttribute("aria-label", title);
  dialog.tabIndex = -1;
  const words = document.createElement("p");
  words.className = "weighing-wait";
  words.setAttribute("role", "status");
  words.textContent = t("Working out what it costs …");
  dialog.append(words);
  return dialog;
}

/** A finger has no Escape. */
function leaveButton(): HTMLElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.dataset.leave = "";
  button.textContent = t("Leave it where it is");
  return button;
}

function fields(board: HTMLElement, number: string, place: Place): FormData {
  const form = new FormData();
  const { day, csrf } = board.dataset;
  // Of the timeline, which is put in place anew when another plan is shown.
  const plan = board.querySelector<HTMLElement>(".timeline")?.dataset.plan;
  const values = { csrf_token: csrf, day, number, technician: place.technician, before: place.before, plan };
  for (const [name, value] of Object.entries(values)) form.set(name, value ?? "");
  return form;
}

/** Beside the place, and wholly inside the window; on a phone the style sheet puts it at the bottom. */
function put(dialog: HTMLElement, { x, y }: Point): void {
  const { width, height } = dialog.getBoundingClientRect();
  const left = x + MARGIN + width < innerWidth ? x + MARGIN : Math.max(MARGIN, x - width - MARGIN);
  const top = Math.min(Math.max(MARGIN, y - height / 3), Math.max(MARGIN, innerHeight - height - MARGIN));
  dialog.style.setProperty("--x", `${left}px`);
  dialog.style.setProperty("--y", `${top}px`);
}
