/**
 * What the phone keeps until the server has it, and what it knows of the server: one database of the browser.
 *
 * Nothing here needs a page, so that the service worker sends with the same code when no page is open.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** What became of something that was told: it waits, or the server did not carry it out. */
export type Fate = "waits" | "refused" | "conflict";

/** Why the server did not carry something out; `words` are in the reader's language, once the server was asked. */
export interface Problem {
  code: string;
  words: string;
}

interface Told {
  seq?: number;
  /** Whose it is: what somebody else did on this phone is never sent under another name. */
  user: number;
  visit: number | null;
  /** The name of the shop, warehouse or van that it is about. */
  where: string;
  /** By the phone's own clock; the server corrects it by how wrong that clock is. */
  happened_at: string;
  fate: Fate;
  problem?: Problem;
}

/** Something that was done: what is told to the server, with the id by which it counts once. */
export interface Command extends Told {
  id: string;
  action: string;
  values: Record<string, unknown>;
}

/** A photo, signature or document of a visit; its digest is its name at the server. */
export interface KeptFile extends Told {
  sha256: string;
  kind: string;
  name: string;
  content: Blob;
}

/** How the server was reached the last time, by the phone's clock. */
export interface Contact {
  state: "reached" | "no_signal" | "signed_out" | "somebody_else" | "trouble";
  /** Since when it is so. */
  since: string;
  /** Who is signed in, when the server was reached. */
  user?: number;
  /** How much the server's clock is ahead of the phone's; in a demonstration it shows another day. */
  ahead_ms?: number;
}

export interface SeenVisit {
  id: number;
  day: string;
  job: string;
  site: string;
  starts_at: string;
  status: string;
}

/** A visit that the phone had shown and that is no longer the technician's. */
export interface Left {
  visit: number;
  user: number;
  words: string;
}

interface Schema extends DBSchema {
  commands: { key: number; value: Command; indexes: { id: string } };
  files: { key: number; value: KeptFile };
  /** The visits that were seen last, by person. */
  seen: { key: number; value: SeenVisit[] };
  left: { key: number; value: Left };
  facts: { key: string; value: Contact };
}

export type Store = IDBPDatabase<Schema>;

const NAME = "wrenchway-phone";
const VERSION = 1;
const PATIENCE_MS = 8_000;

let opened: Promise<Store> | undefined;

/** Opens the store; fails where the browser keeps nothing, such as in some private windows. */
export function openStore(): Promise<Store> {
  opened ??= inTime(openDB<Schema>(NAME, VERSION, {
    upgrade(database) {
      database.createObjectStore("commands", { keyPath: "seq", autoIncrement: true }).createIndex("id", "id", { unique: true });
      database.createObjectStore("files", { keyPath: "seq", autoIncrement: true });
      database.createObjectStore("seen");
      database.createObjectStore("left", { keyPath: "visit" });
      database.createObjectStore("facts");
    },
    // A page of a newer version waits for those of older ones; what they keep stands in the database.
    blocking: (_current, _blocked, event) => {
      opened = undefined;
      (event.target as IDBDatabase).close();
    },
    terminated: () => (opened = undefined),
  })).catch((cause: unknown) => {
    opened = undefined;
    throw cause;
  });
  return opened;
}

/** A browser may leave the question open for good; nobody who tapped waits longer. */
function inTime(opening: Promise<Store>): Promise<Store> {
  return new Promise((resolve, reject) => {
    const tooLate = () => {
      reject(new Error(`The phone's store did not open within ${PATIENCE_MS} ms.`));
      void opening.then((store) => store.close()).catch(() => undefined);
    };
    const timer = setTimeout(tooLate, PATIENCE_MS);
    void opening.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

const CHANNEL = "wrenchway-phone";

/** Tells this page, the other tabs and the worker that the store changed. */
export function tellChange(): void {
  listeners.forEach((listener) => listener());
  channel?.postMessage("changed");
}

/** Calls a listener whenever the store changed, here or in another tab. */
export function onChange(listener: () => void): void {
  listeners.add(listener);
  if (!channel) return;
  channel.onmessage = () => listeners.forEach((each) => each());
}

const listeners = new Set<() => void>();
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(CHANNEL) : undefined;
