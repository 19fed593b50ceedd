/** The buttons above the timeline, and the keys that stand for them. */
import { withStorage } from "../drafts";
import { singleKeysAreOn } from "../keys";
import { REFRESHED } from "../refreshed";
import { onSelect } from "../selection";

const ZOOMS = [34, 46, 64, 90, 130];
const USUAL = 1;
const ZOOM_KEY = "board-zoom";
const MAP_KEY = "board-without-map";

export function mountTools(board: HTMLElement): void {
  mountZoom(board);
  mountMapToggle(board);
  mountOnly(board);
  foldOnPhones(board);
  // Wherever the focus is, and before the page's own keys: the board's mean something here.
  document.addEventListener("keydown", (event) => pressKey(board, event), { capture: true });
}

/** What a phone has no room for is folded there; on a desk it has no summary to fold it by. */
function foldOnPhones(board: HTMLElement): void {
  if (!matchMedia("(max-width: 760px)").matches) return;
  for (const fold of board.querySelectorAll<HTMLDetailsElement>("details[data-phone-fold]")) fold.open = false;
}

function mountZoom(board: HTMLElement): void {
  let zoom = Number(withStorage((storage) => storage.getItem(ZOOM_KEY)) ?? USUAL);
  const set = (wanted: number) => {
    zoom = Math.min(ZOOMS.length - 1, Math.max(0, wanted));
    board.style.setProperty("--hour", `${ZOOMS[zoom]}px`);
    withStorage((storage) => storage.setItem(ZOOM_KEY, String(zoom)));
  };
  for (const button of board.querySelectorAll<HTMLElement>("[data-zoom]")) {
    button.hidden = !board.querySelector(".timeline");
    button.addEventListener("click", () => set(zoom + Number(button.dataset.zoom)));
  }
  set(zoom);
}

function mountMapToggle(board: HTMLElement): void {
  const button = board.querySelector<HTMLElement>("[data-toggle-map]");
  if (!button) return;
  const set = (shown: boolean) => {
    board.classList.toggle("without-map", !shown);
    button.setAttribute("aria-pressed", String(shown));
    withStorage((storage) => storage.setItem(MAP_KEY, shown ? "" : "yes"));
  };
  // The map shows a day.
  button.hidden = board.classList.contains("board-week");
  button.addEventListener("click", () => set(board.classList.contains("without-map")));
  set(!withStorage((storage) => storage.getItem(MAP_KEY)));
}

/** Shows the selected technician alone, in the timeline and on the map, until it is pressed again. */
function mountOnly(board: HTMLElement): void {
  const button = board.querySelector<HTMLElement>("[data-only]");
  if (!button) return;
  let technician = "";
  const isOn = () => button.getAttribute("aria-pressed") === "true";
  const apply = () => {
    for (const row of board.querySelectorAll<HTMLElement>("tr[data-technician], tbody[data-technician]")) {
      row.hidden = isOn() && row.dataset.technician !== technician;
    }
    board.classList.toggle("is-only", isOn());
  };
  onSelect((now) => {
    if (now.technician) technician = now.technician;
    button.hidden = !now.technician && !isOn();
    if (isOn()) apply();
  });
  button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(!isOn()));
    apply();
  });
  board.addEventListener(REFRESHED, apply);
}

function pressKey(board: HTMLElement, event: KeyboardEvent): void {
  const act = KEYS[event.key.toLowerCase()];
  if (!act || !singleKeysAreOn(event)) return;
  event.preventDefault();
  event.stopPropagation();
  act(board, event.target as Element);
}

const KEYS: Record<string, (board: HTMLElement, target: Element) => void> = {
  "?": (board) => board.querySelector<HTMLElement>('[data-dialog="board-keys"]')?.click(),
  "/": (board) => board.querySelector<HTMLElement>('.queue-filter [name="text"]')?.focus(),
  t: (board) => {
    const button = board.querySelector<HTMLElement>("[data-only]");
    if (button && !button.hidden) button.click();
  },
  w: (_, target) => {
    const job = target.closest<HTMLElement>("[data-job]")?.dataset.job;
    if (job) location.assign(`/jobs/${encodeURIComponent(job)}/why`);
  },
};
