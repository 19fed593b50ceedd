/** Shows how far a plan run is, every second, and tells the page when it is over. */
import { tellChanged } from "../changed";
import { fetchPartial, NotAnswered } from "../partial";
import { t } from "../messages";

const EVERY_MS = 1000;
const UNDER_WAY = new Set(["queued", "running"]);
// What may be different when a run is over.
const OVER = ["run", "plan", "jobs", "visits"];

export function mount(panel: HTMLElement): void {
  const address = panel.dataset.url;
  const state = () => panel.querySelector<HTMLElement>("[data-state]")?.dataset.state ?? "";
  if (!address || !UNDER_WAY.has(state())) return;

  const ask = async () => {
    // News put another panel in its place, which asks by itself.
    if (!panel.isConnected) return;
    if (document.hidden) return schedule();
    try {
      const shown = await fetchPartial(address);
      // Replacing the button under somebody's finger would lose the press.
      if (panel.contains(document.activeElement)) updateBeside(panel, shown);
      else panel.innerHTML = shown;
      // What the page shows follows in its parts: whoever types or carries something is not disturbed.
      if (!UNDER_WAY.has(stateOf(shown))) return tellChanged(OVER);
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      tell(panel, t("The server does not answer. The page asks again by itself."));
    }
    schedule();
  };
  const schedule = () => void setTimeout(() => void ask(), EVERY_MS);
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
