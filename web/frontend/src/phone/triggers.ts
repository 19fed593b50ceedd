/** When the phone sends: at once, when it finds a signal, when somebody looks at it again, and in between now and then. */
import { send } from "./sending";
import type { Contact } from "./store";

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 120_000;
/** With a signal the day is asked for so often: a stop may have been taken away. */
const LOOK_EVERY_MS = 60_000;

let pause = FIRST_PAUSE_MS;
let timer = 0;
let whenSent: (state: Contact["state"]) => void = () => undefined;

/** Starts sending; calls back each time the server was tried. */
export function keepSending(told: (state: Contact["state"]) => void): void {
  whenSent = told;
  for (const name of ["online", "offline"]) window.addEventListener(name, () => void sendNow());
  document.addEventListener("visibilitychange", () => void (document.hidden || sendNow()));
  void sendNow();
}

/** Sends now; where there is no signal, tries again after a while that grows. */
export async function sendNow(): Promise<void> {
  let state: Contact["state"] = "trouble";
  try {
    state = await send();
  } finally {
    comeBack(state === "reached" || state === "somebody_else");
  }
  whenSent(state);
}

/** Whatever happened: what waits must not wait for somebody to look at the page again. */
function comeBack(reached: boolean): void {
  clearTimeout(timer);
  pause = reached ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS);
  timer = window.setTimeout(() => void (document.hidden || sendNow()), reached ? LOOK_EVERY_MS : pause);
}

/** Lets the browser send when it finds a signal, also when this page is closed by then; few browsers can. */
export async function sendInBackground(): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const sync = (registration as { sync?: { register(tag: string): Promise<void> } } | undefined)?.sync;
  await sync?.register("send").catch(() => undefined);
}
