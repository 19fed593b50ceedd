/**
 * Ties the board's views together: what is selected in one is marked in all, and what is pointed at stands out in all.
 *
 * A first press on a job selects it, a second one opens it; with a modifier key it opens at once, as any link.
 */
import { Grid } from "../board/grid";
import { say } from "../board/saying";
import { keepScroll } from "../board/scrolled";
import { mountTools } from "../board/tools";
import { watchJob } from "../changed";
import { t } from "../messages";
import { fetchPartial, NotAnswered, showFailure } from "../partial";
import { REFRESHED } from "../refreshed";
import { onSelect, point, select, type Selection } from "../selection";

export function mount(board: HTMLElement): void {
  const panel = board.querySelector<HTMLElement>("[data-selection]");
  const scrolled = keepScroll(board);
  const grid = new Grid(board);
  let selected: Selection = {};

  board.addEventListener("click", (event) => {
    if (!(event.target instanceof Element) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const technician = event.target.closest("[data-select-technician]");
    if (technician) {
      const id = technician.closest<HTMLElement>("[data-technician]")?.dataset.technician;
      return select(id && id !== selected.technician ? { technician: id } : {});
    }
    if (event.target.closest("[data-close]")) return select({});
    const link = event.target.closest<HTMLElement>("[data-select]");
    const job = link?.closest<HTMLElement>("[data-job]")?.dataset.job;
    if (!job || job === selected.job) return;
    event.preventDefault();
    select({ job });
  });
  board.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !(event.target as Element).closest("dialog")) select({});
  });
  for (const kind of ["pointerover", "focusin"] as const) {
    board.addEventListener(kind, (event) => pointAt(board, event.target as Element));
  }

  onSelect((now) => {
    const other = now.job !== selected.job;
    selected = now;
    mark(board, now);
    grid.follow(now.job);
    if (now.job) watchJob(now.job);
    if (panel && other) void show(panel, now.job);
    if (now.technician) say(board, t("{technician} is selected.", { technician: nameOf(board, now.technician) }));
  });
  board.addEventListener(REFRESHED, () => {
    scrolled.restore();
    mark(board, selected, false);
    grid.renew();
  });
  mountTools(board);
  const asked = board.dataset.technician;
  if (asked) select({ technician: asked });
}

function nameOf(board: HTMLElement, technician: string): string {
  return board.querySelector<HTMLElement>(`tr[data-technician="${CSS.escape(technician)}"]`)?.dataset.name ?? "";
}

/** Lets what is pointed at stand out in every view; the words of a bar become its tip, so that the page need not hold them twice. */
function pointAt(board: HTMLElement, target: Element): void {
  const place = target.closest<HTMLElement>("[data-job], .bar");
  const bar = target.closest<HTMLElement>(".bar");
  if (bar && !bar.title) bar.title = bar.querySelector(".sr-only")?.textContent ?? "";
  const job = place?.dataset.job;
  for (const old of board.querySelectorAll(".is-pointed")) if ((old as HTMLElement).dataset.job !== job) old.classList.remove("is-pointed");
  if (job) for (const found of board.querySelectorAll(`[data-job="${CSS.escape(job)}"]`)) found.classList.add("is-pointed");
  point(job);
}

function mark(board: HTMLElement, now: Selection, scroll = true): void {
  for (const old of board.querySelectorAll(".is-selected")) old.classList.remove("is-selected");
  if (now.job) {
    for (const found of board.querySelectorAll<HTMLElement>(`[data-job="${CSS.escape(now.job)}"]`)) {
      found.classList.add("is-selected");
      if (scroll) found.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
  if (now.technician) {
    for (const found of board.querySelectorAll(`[data-technician="${CSS.escape(now.technician)}"]`)) {
      found.classList.add("is-selected");
      if (scroll) found.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
}

async function show(panel: HTMLElement, job: string | undefined): Promise<void> {
  panel.hidden = !job;
  if (!job) return panel.replaceChildren();
  panel.dataset.wanted = job;
  try {
    const card = await fetchPartial(`/jobs/${encodeURIComponent(job)}/card`);
    // Somebody may have selected another job meanwhile.
    if (panel.dataset.wanted !== job || panel.hidden) return;
    panel.innerHTML = card;
    const { bindAll } = await import("../main");
    await bindAll(panel);
  } catch (error) {
    if (!(error instanceof NotAnswered)) throw error;
    if (panel.dataset.wanted === job) showFailure(panel, error, () => void show(panel, job));
  }
}
