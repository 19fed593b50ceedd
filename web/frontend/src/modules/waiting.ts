/** Lists what this phone keeps and has not sent, and says how safe it is there. */
import { t } from "../messages";
import { wantsToTell, wishToTell } from "../phone/positions";
import { everythingKept } from "../phone/queue";
import { type Command, type KeptFile, onChange } from "../phone/store";
import { keptLine } from "../phone/told";
import { sendNow } from "../phone/triggers";
import { REFRESHED } from "../refreshed";

export async function mount(page: HTMLElement): Promise<void> {
  onChange(() => void showList(page));
  page.addEventListener(REFRESHED, () => void showAll(page));
  await showAll(page);
}

async function showAll(page: HTMLElement): Promise<void> {
  page.querySelector("[data-send]")?.addEventListener("click", () => void sendNow());
  showWish(page);
  await showList(page);
  await showFacts(page);
}

async function showList(page: HTMLElement): Promise<void> {
  const list = page.querySelector<HTMLElement>("[data-waiting]");
  const button = page.querySelector<HTMLButtonElement>("[data-send]");
  const user = Number(page.dataset.person);
  const { commands, files } = await everythingKept();
  const kept = [...commands, ...files];
  const own = kept.filter((one) => one.user === user);
  list?.replaceChildren(...(own.length > 0 ? own.map((one) => keptLine(page, one)) : [nothing()]), ...othersLine(kept, user));
  if (button) button.hidden = !own.some((one) => one.fate === "waits");
}

function nothing(): HTMLElement {
  const words = document.createElement("p");
  words.className = "muted";
  words.textContent = t("Nothing waits. Everything you did is with the dispatcher.");
  return words;
}

/** What somebody else did is counted only; it is theirs to read. */
function othersLine(kept: (Command | KeptFile)[], user: number): HTMLElement[] {
  const others = kept.filter((one) => one.user !== user && one.fate === "waits").length;
  if (others === 0) return [];
  const words = document.createElement("p");
  words.className = "hint";
  words.textContent = t("{number} of somebody else wait here too. They are sent when that person signs in on this phone.", { number: others });
  return [words];
}

function showWish(page: HTMLElement): void {
  const wish = page.querySelector<HTMLElement>("[data-position]");
  const box = wish?.querySelector("input");
  if (!wish || !box || !("geolocation" in navigator)) return;
  wish.hidden = false;
  box.checked = wantsToTell();
  box.addEventListener("change", () => wishToTell(box.checked));
}

async function showFacts(page: HTMLElement): Promise<void> {
  const place = page.querySelector("[data-facts]");
  const lasting = (await navigator.storage?.persisted?.()) ?? false;
  const kept = Boolean(navigator.serviceWorker?.controller);
  const facts = [
    kept ? t("Today and tomorrow open without a signal.") : t("Pages do not open without a signal: this browser, or an address without https, does not allow it."),
    lasting ? t("The phone keeps this for as long as you want.") : t("The phone may delete this when it runs out of space. Put the app on the home screen to prevent it."),
  ];
  place?.replaceChildren(...facts.map(fact));
}

function fact(words: string): HTMLElement {
  const item = document.createElement("li");
  item.textContent = words;
  return item;
}
