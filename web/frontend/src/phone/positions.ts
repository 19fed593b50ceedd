/** Tells the dispatchers where the technician is, on the way to a shop and only if the technician wants it. */
import { askForAccount, sendPosition } from "./server";

const WISH = "tell-position";
const EVERY_MS = 30_000;

let toldAt = 0;

export function wantsToTell(): boolean {
  return localStorage.getItem(WISH) === "yes";
}

/** Keeps the wish on this phone; the browser asks for its own permission besides. */
export function wishToTell(wanted: boolean): void {
  if (wanted) localStorage.setItem(WISH, "yes");
  else localStorage.removeItem(WISH);
}

export function mayTellPosition(page: HTMLElement): boolean {
  const onTheWay = page.querySelector('[data-status="en_route"]') !== null;
  return onTheWay && wantsToTell() && !document.hidden && Date.now() - toldAt > EVERY_MS && "geolocation" in navigator;
}

/** Tells the position once; where it cannot be found or sent, the next turn tries again. */
export async function tellPosition(): Promise<void> {
  toldAt = Date.now();
  const found = await new Promise<GeolocationPosition | null>((resolve) =>
    navigator.geolocation.getCurrentPosition(resolve, () => resolve(null), { enableHighAccuracy: true, timeout: 10_000, maximumAge: 10_000 }),
  );
  if (!found) return;
  const { latitude: lat, longitude: lon, accuracy } = found.coords;
  const account = await askForAccount().catch(() => null);
  if (!account) return;
  const at = new Date(found.timestamp + Date.parse(account.now) - Date.now()).toISOString();
  await sendPosition({ lat, lon, accuracy, at }, account.csrf_token).catch(() => undefined);
}
