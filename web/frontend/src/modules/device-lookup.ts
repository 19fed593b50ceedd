/** Suggests devices while somebody types a serial number, and shows where the device stands. */
import { fetchPartial, NotAnswered } from "../partial";

const PAUSE_MS = 200;

export function mount(field: HTMLElement): void {
  const input = field.querySelector<HTMLInputElement>("input");
  const list = field.querySelector("datalist");
  const card = field.querySelector<HTMLElement>("[data-device-card]");
  const { card: cardAddress, options: optionsAddress } = field.dataset;
  if (!input || !list || !card || !cardAddress || !optionsAddress) return;
  for (const button of field.querySelectorAll<HTMLElement>("[data-plain]")) button.hidden = true;

  let asked = new AbortController();
  let timer = 0;

  const refresh = async () => {
    asked.abort();
    asked = new AbortController();
    const text = input.value.trim();
    try {
      const [options, shown] = await Promise.all([
        fetchPartial(`${optionsAddress}?${new URLSearchParams({ text })}`, asked.signal),
        fetchPartial(`${cardAddress}?${new URLSearchParams({ serial: text })}`, asked.signal),
      ]);
      list.innerHTML = options;
      card.innerHTML = shown;
    } catch (error) {
      // The form itself still works; the server looks the device up when it is sent.
      if (!(error instanceof NotAnswered)) throw error;
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void refresh(), PAUSE_MS);
  });
}
