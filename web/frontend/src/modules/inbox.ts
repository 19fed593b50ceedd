/** Shows the inbox within another page, and keeps it as it is now. */
import { onChanged, onFree } from "../changed";
import { fillPart } from "../live-parts";
import { fetchPartial, NotAnswered, showFailure } from "../partial";

const SHOWN = "inbox-shown";
const TOPICS = ["notices", "conflicts", "plan", "events", "jobs"];

export function mount(element: HTMLElement): void {
  const address = element.dataset.url ?? `/inbox/list?${new URLSearchParams({ next: location.pathname + location.search })}`;
  const shown = () => document.getElementById(SHOWN) ?? element.appendChild(Object.assign(document.createElement("div"), { id: SHOWN }));
  let isBehind = false;
  const refresh = async () => {
    try {
      isBehind = !(await fillPart(shown(), await fetchPartial(address)));
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      if (shown().childElementCount === 0) showFailure(shown(), error, () => void refresh());
    }
  };
  onChanged((topics) => {
    if (topics.some((topic) => TOPICS.includes(topic))) void refresh();
  });
  onFree(() => {
    if (isBehind) void refresh();
  });
  if (shown().childElementCount === 0) void refresh();
}
