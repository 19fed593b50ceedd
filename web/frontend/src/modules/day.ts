/**
 * Lets the technician's phone go on without a signal: what is done is kept here first, shown at once, and sent in order.
 *
 * Bound to the technician's own pages, such as the day, the van or a report, beside keep-typed and send-once. A form
 * with data-command is a command (phone/values.ts); its files are kept, too. Where the browser keeps nothing, forms are
 * posted as without script. The server decides (docs/decisions/offline-first.md).
 */
import { dropDraft } from "../drafts";
import { t } from "../messages";
import { count, showBadge } from "../phone/badge";
import { postOrTell } from "../phone/not-kept";
import { mayTellPosition, tellPosition } from "../phone/positions";
import { everythingKept, keep, keepFile, leftVisits, NotKept } from "../phone/queue";
import { mayBeOld, refresh, refreshWhenFree } from "../phone/refresh";
import { type Command, type Contact, type KeptFile, type Left, onChange, openStore } from "../phone/store";
import { isSecond, noteAnswered, takeTap, watchTaps } from "../phone/taps";
import { noteSent, showKept } from "../phone/told";
import { keepSending, sendInBackground, sendNow } from "../phone/triggers";
import { doneWith, filesIn, isCommand } from "../phone/values";
import { setClock } from "../phone/words";
import { REFRESHED } from "../refreshed";

/** A form that tells nothing but its files. */
const FILES_ONLY = "add_files";

/** What was read about the phone's pages last, and how the page shows it. */
let waited: (Command | KeptFile)[] = [];
let visits = "";
/** What the phone kept when it was looked at last, in memory: an exchanged page shows it in the same moment. */
let known: { own: (Command | KeptFile)[]; left: Left[] } = { own: [], left: [] };
let looks = 0;
let shownLook = 0;

export function mount(page: HTMLElement): void {
  const user = Number(page.dataset.person);
  if (!user) return;
  watchTaps(page);
  // Before the store is open, so that no tap is posted as without script; and before send-once, which holds back what
  // cannot be sent now.
  page.addEventListener("submit", (event) => void take(page, user, event));
  void begin(page, user);
}

async function begin(page: HTMLElement, user: number): Promise<void> {
  try {
    await openStore();
  } catch {
    return tellPage(page, t("This browser keeps nothing, so everything is sent at once. Leave the private window, or free some space."));
  }
  page.addEventListener(REFRESHED, () => {
    showKept(page, known.own, known.left);
    void show(page, user);
  });
  onChange(() => void show(page, user));
  refreshWhenFree(page);
  await show(page, user);
  keepSending((state) => void afterSending(page, user, state));
  if (mayBeOld()) void refresh(page);
  void becomeApp(page);
}

/** Keeps what a form tells; it is sent from there. */
async function take(page: HTMLElement, user: number, event: SubmitEvent): Promise<void> {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !(isCommand(form) || form.dataset.command === FILES_ONLY) || form.dataset.plain) return;
  event.preventDefault();
  const tap = takeTap();
  if (form.dataset.taking || isSecond(tap)) return;
  form.dataset.taking = "true";
  try {
    for (const file of filesIn(form, user)) await keepFile(file);
    await keep(doneWith(form, user), form.dataset.corrects);
    dropDraft(form);
    form.reset();
    delete form.dataset.corrects;
    // As long as the form stands there it takes nothing a second time.
    await show(page, user);
    noteAnswered(tap);
  } catch (cause) {
    if (!(cause instanceof NotKept)) throw cause;
    return postOrTell(form, cause);
  } finally {
    delete form.dataset.taking;
  }
  void sendInBackground();
  await sendNow();
}

async function show(page: HTMLElement, user: number): Promise<void> {
  const look = ++looks;
  const contact = await (await openStore()).get("facts", "contact");
  const { commands, files } = await everythingKept();
  const left = await leftVisits(user);
  // A look that began later has been shown already.
  if (look < shownLook) return;
  shownLook = look;
  setClock(contact);
  const all = [...commands, ...files];
  const own = all.filter((one) => one.user === user);
  noteSent(waited.filter((one) => !own.some((other) => other.seq === one.seq && "action" in other === "action" in one)));
  waited = own.filter((one) => one.fate === "waits");
  known = { own, left };
  showBadge(page, count(all, user), contact, user);
  showKept(page, own, left);
}

/** Shows the day as it is now if something was sent, or if the server's account of it changed. */
async function afterSending(page: HTMLElement, user: number, state: Contact["state"]): Promise<void> {
  if (state !== "reached" && state !== "somebody_else") return;
  const seen = JSON.stringify(await (await openStore()).get("seen", user));
  const changed = visits !== "" && seen !== visits;
  const sent = page.querySelector(".told-sent") !== null;
  visits = seen;
  // What was refused is not done, though the page went on as if it were.
  if (changed || sent || "moved" in page.dataset) await refresh(page);
  if (mayTellPosition(page)) void tellPosition();
}

/** Makes an app of the pages: they, and what is kept, stay on the phone. */
async function becomeApp(page: HTMLElement): Promise<void> {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/sw.js", { scope: "/" });
  const { active } = await navigator.serviceWorker.ready;
  const links = [...page.querySelectorAll<HTMLAnchorElement>('.subplaces a, a[href$="/report"]')];
  const addresses = new Set(["/day", "/day/waiting", ...links.map((link) => link.pathname + link.search)]);
  active?.postMessage({ keep: [...addresses] });
  await navigator.storage?.persist?.();
}

function tellPage(page: HTMLElement, words: string): void {
  const place = page.querySelector("[data-badge]");
  if (place) place.textContent = words;
}
