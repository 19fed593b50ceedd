/**
 * Ties the board's views together: what is selected in one is marked in all.
 *
 * A first press on a job selects it, a second one opens it; with a modifier key it opens at once, as any link.
 */
import { fetchPartial, NotAnswered } from "../partial";
import { onSelect, select, type Selection } from "../selection";

export function mount(board: HTMLElement): void {
  const panel = board.querySelector<HTMLElement>("[data-selection]");
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
    if (event.key === "Escape") select({});
  });

  onSelect((now) => {
    selected = now;
    mark(board, now);
    if (panel) void show(panel, now.job);
  });
}

function mark(board: HTMLElement, now: Selection): void {
  for (const old of board.querySelectorAll(".is-selected")) old.classList.remove("is-selected");
  if (now.job) {
    for (const found of board.querySelectorAll<HTMLElement>(`[data-job="${CSS.escape(now.job)}"]`)) {
      found.classList.add("is-selected");
      found.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }
  if (now.technician) {
    board.querySelector(`[data-technician="${CSS.escape(now.technician)}"]`)?.classList.add("is-selected");
  }
}

async function show(panel: HTMLElement, job: string | undefined): Promise<void> {
  panel.hidden = !job;
  if (!job) return panel.replaceChildren();
  panel.dataset.wanted = job;
  try {
    const card = await fetchPartial(`/jobs/${encodeURIComponent(job)}/card`);
    // Somebody may have selected another job meanwhile.
    if (panel.dataset.wanted === job && !panel.hidden) panel.innerHTML = card;
  } catch (error) {
    if (!(error instanceof NotAnswered)) throw error;
    panel.hidden = true;
  }
}
