/**
 * The worker of the technician's phone: shows its pages without a signal, and sends what waits when no page is open.
 *
 * It keeps two things. The built files, whose names hold a digest, are taken from the phone for good. Pages of the day
 * are shown at once as they were seen last; the page itself asks for what changed (phone/refresh.ts). A page is kept
 * only when the server marks it with whose it is, so a sign-in, a refusal or another role's page never is. They leave
 * the phone when their person signs out, or somebody else signs in, and days later when nobody opened them again.
 */
import { send } from "./phone/sending";

/** What the server puts before this script: the files of the phone's pages, and the language of whoever asked. */
declare const self: ServiceWorkerGlobalScope & { phoneFiles: string[]; phoneLanguage: string };

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

/** What the server says about a page that may be kept. */
interface Mark {
  user: number;
  /** The day that the page shows, and the one that it was then, where the firm is. */
  day: string;
  today: string;
  zone: string;
  now: string;
}

/** Whose pages are kept. After a sign-in they are shown only once the server has said that it is the same person. */
interface Owner extends Mark {
  ahead_ms: number;
  unconfirmed?: boolean;
}

const PAGES = "wrenchway-pages";
const FILES = "wrenchway-files";
const OWNER = "/-/owner";
const OFFLINE = "/offline";
const MARK = "Wrenchway-Phone";
const BUILT = "/static/built/assets/";
const ICONS = /^\/static\/[\w-]+\.(png|svg)$/;
const PHONE_PAGE = /^\/day(?!\/sync$)(\/|$)|^\/visits\/\d+\/report$/;
/** Large, and of use to few: fetched when there is time, not before the worker starts. */
const LATER = /\.wasm$/;
/** After these every page looks otherwise. */
const CHANGES_ALL = new Set(["/language", "/preferences"]);
/** The page that answers a form is shown as the server makes it. */
const AFTER_A_FORM_MS = 15_000;

const DAY_MS = 24 * 60 * 60_000;
/** Pages that nobody looks at are fetched again after this. */
const FRESH_MS = 15 * 60_000;
/** A page that was fetched so long ago is of use to nobody. */
const OLD_MS = 3 * DAY_MS;
/** What a phone always has; the reports are asked for by the day on which they stand. */
const ALWAYS = ["/day", "/day?day=tomorrow", "/day/van", "/day/week", "/day/waiting"];

let formSentAt = 0;
/** Grows when pages are cleared: an answer that was asked for before must not be kept afterwards. */
let era = 0;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", answer);
self.addEventListener("sync" as "message", (event) => {
  if ((event as unknown as SyncEvent).tag === "send") event.waitUntil(sendOrComeBack());
});
self.addEventListener("message", (event) => {
  const wanted = event.data as { keep?: string[] };
  if (wanted.keep) event.waitUntil(keepAll(wanted.keep));
});

async function install(): Promise<void> {
  const files = await caches.open(FILES);
  await Promise.all(self.phoneFiles.filter((file) => !LATER.test(file)).map((file) => addOnce(files, file)));
  // Without a name on it: it is shown to whoever has the phone.
  const anybody: RequestInit = { cache: "reload", credentials: "omit", headers: { "Accept-Language": self.phoneLanguage } };
  await (await caches.open(PAGES)).add(new Request(OFFLINE, anybody));
  // What is open goes on with its own scripts; they stay until the worker after this one.
  await self.skipWaiting();
}

async function activate(): Promise<void> {
  await self.clients.claim();
  await forgetOldFiles();
  await renewPages();
}

async function addOnce(files: Cache, file: string): Promise<void> {
  if (!(await files.match(file))) await files.add(file);
}

/** A file that two workers in a row do not know belongs to no page that is still open. */
async function forgetOldFiles(): Promise<void> {
  const files = await caches.open(FILES);
  const known = new Set([...self.phoneFiles, ...(await formerFiles(files))]);
  for (const request of await files.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith(BUILT) && !known.has(pathname)) await files.delete(request);
  }
  await files.put("/-/files", Response.json(self.phoneFiles));
}

async function formerFiles(files: Cache): Promise<string[]> {
  const kept = await files.match("/-/files");
  return kept ? ((await kept.json()) as string[]) : [];
}

/** Pages name the scripts of the version that made them, so what is always kept is fetched anew, and the rest goes. */
async function renewPages(): Promise<void> {
  const owner = await readOwner();
  if (!owner) return;
  const always = ALWAYS.map((address) => new URL(address, self.location.origin));
  const keys = new Set(always.map((url) => keyOf(url, dayOf(url, owner))));
  const kept = await keptAddresses();
  let isRenewed = false;
  for (const address of kept.filter((one) => keys.has(one))) {
    isRenewed = Boolean(await fetchPage(inBackground(address)).then(readMark, () => undefined)) || isRenewed;
  }
  // Without a signal, or when the sign-in has expired, old pages are better than none.
  if (!isRenewed) return;
  const pages = await caches.open(PAGES);
  for (const address of kept) if (!keys.has(address)) await pages.delete(address);
}

async function forgetOldPages(): Promise<void> {
  const pages = await caches.open(PAGES);
  for (const address of await keptAddresses()) {
    const fetchedAt = Date.parse((await pages.match(address))?.headers.get("Date") ?? "");
    if (Date.now() - fetchedAt > OLD_MS) await pages.delete(address);
  }
}

/** The pages that are kept, without what is noted down beside them. */
async function keptAddresses(): Promise<string[]> {
  const requests = await (await caches.open(PAGES)).keys();
  const urls = requests.map((request) => new URL(request.url));
  return urls.filter((url) => PHONE_PAGE.test(url.pathname)).map((url) => url.pathname + url.search);
}

function answer(event: FetchEvent): void {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST") answerForm(event, url);
  else if (request.method !== "GET") return;
  else if (url.pathname.startsWith(BUILT) || ICONS.test(url.pathname)) event.respondWith(fileAtOnce(request));
  else if (!PHONE_PAGE.test(url.pathname)) return;
  else event.respondWith(request.mode === "navigate" ? pageAtOnce(request) : fetchPage(request));
}

function answerForm(event: FetchEvent, url: URL): void {
  const answered = event.request.mode === "navigate" ? passForm(event.request, url) : undefined;
  if (answered) event.respondWith(answered);
  if (!CHANGES_ALL.has(url.pathname)) return;
  const response = answered ?? fetch(event.request);
  if (!answered) event.respondWith(response);
  event.waitUntil(response.then(renewPages, () => undefined));
}

/** A form that is posted as without script: who signs in or out, and the page that answers it. */
async function passForm(request: Request, url: URL): Promise<Response> {
  if (url.pathname === "/logout") await clearPages();
  formSentAt = Date.now();
  try {
    const response = await fetch(request);
    // Until now pages were still answered to whoever signs out.
    if (url.pathname === "/logout") await clearPages();
    // Only a sign-in that succeeded leads on.
    if (url.pathname === "/login" && response.type === "opaqueredirect") await confirmOwner();
    return response;
  } catch {
    return offlinePage();
  }
}

async function fileAtOnce(request: Request): Promise<Response> {
  const files = await caches.open(FILES);
  const kept = await files.match(request, { ignoreVary: true });
  if (kept) return kept;
  const response = await fetch(request);
  if (response.ok) await files.put(request, response.clone());
  return response;
}

/** The page as it was seen last, at once; else as the server makes it now; else a sentence that says why not. */
async function pageAtOnce(request: Request): Promise<Response> {
  const owner = await readOwner();
  const kept = owner && !owner.unconfirmed ? await keptPage(request, owner) : undefined;
  const afterAForm = Date.now() - formSentAt < AFTER_A_FORM_MS;
  if (kept && !afterAForm) return kept;
  formSentAt = 0;
  try {
    return await fetchPage(request);
  } catch {
    return kept ?? offlinePage();
  }
}

/** Without a day in its address the page is that of today; where that was never seen, the last day that was. */
async function keptPage(request: Request, owner: Owner): Promise<Response | undefined> {
  const pages = await caches.open(PAGES);
  const url = new URL(request.url);
  const kept = await pages.match(keyOf(url, dayOf(url, owner)));
  return kept ?? (url.searchParams.has("day") ? undefined : pages.match(keyOf(url, owner.today)));
}

/** Which day an address asks for, by the firm's clock and calendar. */
function dayOf(url: URL, owner: Owner): string {
  const asked = url.searchParams.get("day");
  if (asked && asked !== "tomorrow") return asked;
  const ahead = owner.ahead_ms + (asked ? DAY_MS : 0);
  // Canada writes year, month and day in this order.
  return new Intl.DateTimeFormat("en-CA", { timeZone: owner.zone }).format(Date.now() + ahead);
}

/** Pages other than that of a day are the same for every day; one in their address only leads back. */
function keyOf(url: URL, day: string): string {
  if (url.pathname === "/day") return `/day?day=${day}`;
  const part = url.searchParams.get("part");
  return part ? `${url.pathname}?part=${encodeURIComponent(part)}` : url.pathname;
}

async function fetchPage(request: Request): Promise<Response> {
  const asked = era;
  const response = await fetch(request);
  const mark = readMark(response);
  if (asked !== era) return response;
  if (mark) await keepPage(new URL(request.url), mark, response.clone(), asked);
  else if (response.ok && (await readOwner())?.unconfirmed) await clearPages();
  return response;
}

/**
 * Asks for a page that nobody waits for. Whoever is signed out is not led to the sign-in by it: each form for that brings
 * a token, and the last one would make the one in which somebody types void.
 */
function inBackground(address: string): Request {
  return new Request(address, { redirect: "manual" });
}

function readMark(response: Response): Mark | undefined {
  const text = response.ok && !response.redirected ? response.headers.get(MARK) : null;
  return text ? (JSON.parse(text) as Mark) : undefined;
}

async function keepPage(url: URL, mark: Mark, response: Response, asked: number): Promise<void> {
  const owner = await readOwner();
  if (asked !== era) return;
  if (owner && owner.user !== mark.user) await clearPages();
  const pages = await caches.open(PAGES);
  await writeOwner({ ...mark, ahead_ms: Date.parse(mark.now) - Date.now() });
  await pages.put(keyOf(url, mark.day), response);
}

/** Fetches pages that may be wanted without a signal, unless they were kept a short while ago. */
async function keepAll(addresses: string[]): Promise<void> {
  await forgetOldPages();
  for (const address of addresses) {
    const request = inBackground(address);
    if (!(await isFresh(request))) await fetchPage(request).catch(() => undefined);
  }
  const files = await caches.open(FILES);
  for (const file of self.phoneFiles.filter((each) => LATER.test(each))) await addOnce(files, file).catch(() => undefined);
}

async function isFresh(request: Request): Promise<boolean> {
  const owner = await readOwner();
  const kept = owner && (await keptPage(request, owner));
  const keptAt = Date.parse(kept?.headers.get("Date") ?? "");
  return Date.now() - keptAt < FRESH_MS;
}

async function readOwner(): Promise<Owner | undefined> {
  const kept = await (await caches.open(PAGES)).match(OWNER);
  return kept ? ((await kept.json()) as Owner) : undefined;
}

async function writeOwner(owner: Owner): Promise<void> {
  await (await caches.open(PAGES)).put(OWNER, Response.json(owner));
}

/** Asks who has signed in: somebody else's pages leave the phone, and while it is not known none is shown. */
async function confirmOwner(): Promise<void> {
  const owner = await readOwner();
  if (!owner) return;
  await writeOwner({ ...owner, unconfirmed: true });
  const response = await fetch("/day/sync", { headers: { Accept: "application/json" }, redirect: "manual" }).catch(() => undefined);
  if (!response || response.status >= 500) return;
  const { user } = response.ok ? ((await response.json()) as { user: number }) : { user: 0 };
  if (user === owner.user) await writeOwner(owner);
  else await clearPages();
}

/** Forgets everybody's pages; the sentence for having no connection stays. */
async function clearPages(): Promise<void> {
  era += 1;
  const pages = await caches.open(PAGES);
  for (const request of await pages.keys()) {
    if (new URL(request.url).pathname !== OFFLINE) await pages.delete(request);
  }
}

async function offlinePage(): Promise<Response> {
  return (await (await caches.open(PAGES)).match(OFFLINE)) ?? Response.error();
}

/** The browser tries again later when this fails. */
async function sendOrComeBack(): Promise<void> {
  if ((await send()) === "no_signal") throw new Error("There is no signal yet.");
}
