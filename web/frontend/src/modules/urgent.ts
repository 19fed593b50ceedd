/**
 * Finds the shop while somebody types, and ranks who can come as soon as device and symptom are chosen.
 *
 * The form does the same by its buttons; this asks the same addresses and puts the answers in place.
 */
import { bindAll } from "../main";
import { fetchPartial, NotAnswered, showFailure } from "../partial";

const PAUSE_MS = 250;
const ANSWER = "urgent-answer";

export function mount(element: HTMLElement): void {
  const form = element as HTMLFormElement;
  const shop = form.querySelector<HTMLInputElement>('input[name="shop"]');
  const devices = form.querySelector<HTMLElement>("[data-devices]");
  const found = form.dataset.found;
  if (!shop || !devices || !found) return;
  for (const button of form.querySelectorAll<HTMLElement>("[data-plain]")) button.hidden = true;
  let asked = new AbortController();
  let timer = 0;

  const after = (act: () => Promise<void>) => {
    clearTimeout(timer);
    asked.abort();
    timer = window.setTimeout(() => void act(), PAUSE_MS);
  };
  const find = async () => {
    asked = new AbortController();
    const said = new URLSearchParams({ shop: shop.value, chosen: String(new FormData(form).get("device_serial") ?? "") });
    try {
      devices.innerHTML = await fetchPartial(`${found}?${said}`, asked.signal);
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      if (!asked.signal.aborted) showFailure(devices, error, () => void find());
    }
    await rank();
  };
  const rank = async () => {
    const place = document.getElementById(ANSWER);
    if (!place || !isComplete(form)) return;
    asked = new AbortController();
    place.setAttribute("aria-busy", "true");
    try {
      const page = new DOMParser().parseFromString(await fetchPartial(form.action, asked.signal, new FormData(form)), "text/html");
      const answer = page.getElementById(ANSWER);
      if (answer) place.replaceChildren(...answer.childNodes);
      await bindAll(place);
    } catch (error) {
      if (!(error instanceof NotAnswered)) throw error;
      if (!asked.signal.aborted) showFailure(place, error, () => void rank());
    } finally {
      place.removeAttribute("aria-busy");
    }
  };

  shop.addEventListener("input", () => after(find));
  form.addEventListener("change", (event) => {
    if (event.target !== shop) after(rank);
  });
}

function isComplete(form: HTMLFormElement): boolean {
  const given = new FormData(form);
  return Boolean(given.get("device_serial")) && Boolean(given.get("fault_code"));
}
