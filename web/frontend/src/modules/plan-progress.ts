/** Shows how far a plan run is, every second, and the finished draft when it is there. */
import { fetchPartial, NotAnswered } from "../partial";
import { t } from "../messages";

const EVERY_MS = 1000;
const UNDER_WAY = new Set(["queued", "running"]);

export function mount(panel: HTMLElement): void {
  const address = panel.dataset.url;
  const state = () => panel.querySelector<HTMLElement>("[data-state]")?.dataset.state ?? "";
  if (!address || !UNDER_WAY.has(state())) return;

  const ask = async () => {
    if (document.hidden) return schedule();
    try {
      const shown = await fetchPartial(address);
      // Replacing the button under somebody's finger would lose the press.
      if (panel.contains(document.activeElement)) updateBeside(panel, shown);
      else panel.innerHTML = shown;
      if (!UNDER_WAY.has(stateOf(shown))) return finish(stateOf(shown));
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      tell(panel, t("The server does not answer. The page asks again by itself."));
    }
    schedule();
  };
  const schedule = () => void setTimeout(() => void ask(), EVERY_MS);
  const finish = (last: string) => {
    if (last === "failed") panel.innerHTML = panel.innerHTML;
    location.reload();
  };
  schedule();
}

function stateOf(html: string): string {
  return new DOMParser().parseFromString(html, "text/html").querySelector<HTMLElement>("[data-state]")?.dataset.state ?? "";
}

/** Takes over text and bar, and leaves the focused button alone. */
function updateBeside(panel: HTMLElement, html: string): void {
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector(".run-text");
  const old = panel.querySelector(".run-text");
  if (fresh && old) old.replaceWith(fresh);
}

function tell(panel: HTMLElement, sentence: string): void {
  const place = panel.querySelector(".run-text p");
  if (place) place.textContent = sentence;
}
