/** Keeps where the board's panes are scrolled to: while parts are put in place anew, and when a form leads back here. */

const KEY = "board-scrolled";
// Whoever comes back later begins at the top again.
const RECENT_MS = 15_000;

type Offsets = Record<string, [left: number, top: number]>;

export function keepScroll(board: HTMLElement): { restore(): void } {
  const page = `${board.dataset.day} ${new URLSearchParams(location.search).get("view") ?? ""}`;
  const offsets: Offsets = kept(page);
  const restore = () => {
    for (const pane of board.querySelectorAll<HTMLElement>("[data-scroll]")) {
      const [left, top] = offsets[pane.dataset.scroll ?? ""] ?? [0, 0];
      pane.scrollTo(left, top);
    }
  };
  board.addEventListener(
    "scroll",
    (event) => {
      const pane = event.target as HTMLElement;
      if (pane.dataset.scroll) offsets[pane.dataset.scroll] = [pane.scrollLeft, pane.scrollTop];
    },
    { capture: true, passive: true },
  );
  addEventListener("pagehide", () => sessionStorage.setItem(KEY, JSON.stringify({ page, offsets, at: Date.now() })));
  restore();
  return { restore };
}

function kept(page: string): Offsets {
  const text = sessionStorage.getItem(KEY);
  const found = text ? (JSON.parse(text) as { page: string; offsets: Offsets; at: number }) : null;
  return found && found.page === page && Date.now() - found.at < RECENT_MS ? found.offsets : {};
}
