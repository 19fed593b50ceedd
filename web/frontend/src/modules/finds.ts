/**
 * Opens the search of the whole house over any page: by its button, by Ctrl+K, or by "/" outside of fields.
 *
 * Bound to the link in the head, which leads to the page of the search without script. Arrows choose, Enter opens.
 */
import { openDialog } from "../dialog";
import { singleKeysAreOn } from "../keys";
import { fetchPartial, NotAnswered, showFailure } from "../partial";

const WAIT_MS = 150;

export function mount(link: HTMLElement): void {
  const dialog = document.getElementById(link.dataset.dialog ?? "");
  const field = dialog?.querySelector<HTMLInputElement>("input[type=search]");
  const list = dialog?.querySelector<HTMLElement>("[data-found]");
  if (!(dialog instanceof HTMLDialogElement) || !field || !list) return;
  const search = new Search(field, list);
  const open = () => {
    if (dialog.open || document.querySelector("dialog[open]")) return;
    void openDialog(dialog);
    field.select();
  };
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("keydown", (event) => {
    if (!isCalled(event)) return;
    event.preventDefault();
    open();
  });
  field.addEventListener("input", () => search.later());
  dialog.addEventListener("keydown", (event) => search.move(event));
}

function isCalled(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) return true;
  return event.key === "/" && singleKeysAreOn(event);
}

class Search {
  #timer = 0;
  #asked: AbortController | undefined;

  constructor(
    readonly field: HTMLInputElement,
    readonly list: HTMLElement,
  ) {}

  later(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.ask(), WAIT_MS);
  }

  async ask(): Promise<void> {
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    const address = `${this.field.form?.getAttribute("action") ?? ""}?${new URLSearchParams({ text: this.field.value })}`;
    try {
      this.list.innerHTML = await fetchPartial(address, asked.signal);
    } catch (cause) {
      if (asked.signal.aborted) return;
      if (!(cause instanceof NotAnswered)) throw cause;
      showFailure(this.list, cause, () => void this.ask());
    }
  }

  /** From the field down the list and back, without leaving the keys that the hand is on. */
  move(event: KeyboardEvent): void {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const stops: HTMLElement[] = [this.field, ...this.list.querySelectorAll<HTMLElement>("[data-hits] a")];
    const step = event.key === "ArrowDown" ? 1 : -1;
    const at = stops.indexOf(document.activeElement as HTMLElement);
    event.preventDefault();
    stops[Math.min(Math.max(at + step, 0), stops.length - 1)]?.focus();
  }
}
