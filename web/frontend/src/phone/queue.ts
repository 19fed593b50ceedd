/** The queue of what was done on this phone: everything goes in here first, and leaves it when the server has answered. */
import { type Command, type Fate, type KeptFile, type Left, openStore, tellChange } from "./store";

/** What is told of something that was done, before it has an id and a place in the queue. */
export type Done = Pick<Command, "user" | "action" | "visit" | "where" | "values">;
export type Made = Pick<KeptFile, "user" | "visit" | "where" | "kind" | "name" | "content">;

/** The browser cannot keep something: the store is "full" or "closed", the address "insecure", a file "unreadable". */
export class NotKept extends Error {}

/**
 * Keeps what was done, on disk, before anything else happens to it; returns the commands as they are kept.
 *
 * With `corrects`, the id of a command that was refused, it happened when that one did and takes its place.
 */
export async function keep(done: Done[], corrects?: string): Promise<Command[]> {
  return orNotKept(async () => {
    const transaction = (await openStore()).transaction("commands", "readwrite", { durability: "strict" });
    const wrong = corrects ? await transaction.store.index("id").get(corrects) : undefined;
    const happened_at = wrong?.happened_at ?? new Date().toISOString();
    // Of a form for several pick lists only the one that was refused is told again.
    const meant = wrong ? done.filter((one) => one.values.pick_list === wrong.values.pick_list) : done;
    const kept: Command[] = meant.map((one) => ({ ...one, id: freshId(), happened_at, fate: "waits" as Fate }));
    for (const command of kept) command.seq = await transaction.store.add(command);
    if (wrong?.seq !== undefined) await transaction.store.delete(wrong.seq);
    await transaction.done;
    tellChange();
    return kept;
  });
}

/** Keeps a photo, a signature or a document; the same content is kept once for a visit. */
export async function keepFile(made: Made): Promise<KeptFile> {
  const sha256 = await digest(made.content);
  return orNotKept(async () => {
    const transaction = (await openStore()).transaction("files", "readwrite", { durability: "strict" });
    const same = (await transaction.store.getAll()).find((file) => file.sha256 === sha256 && file.visit === made.visit);
    const file: KeptFile = same ?? { ...made, sha256, happened_at: new Date().toISOString(), fate: "waits" };
    if (!same) file.seq = await transaction.store.add(file);
    await transaction.done;
    tellChange();
    return file;
  });
}

/** Everything that this phone keeps, of everybody who used it, in the order in which it was done. */
export async function everythingKept(): Promise<{ commands: Command[]; files: KeptFile[] }> {
  const store = await openStore();
  return { commands: await store.getAll("commands"), files: await store.getAll("files") };
}

/** Takes something out of the queue that the person has read about, or wants to drop. */
export async function drop(kind: "commands" | "files", seq: number): Promise<void> {
  await (await openStore()).delete(kind, seq);
  tellChange();
}

/** The visits that left the phone and of which the person has not said "read" yet. */
export async function leftVisits(user: number): Promise<Left[]> {
  return (await (await openStore()).getAll("left")).filter((left) => left.user === user);
}

export async function acknowledgeLeft(visit: number): Promise<void> {
  await (await openStore()).delete("left", visit);
  tellChange();
}

/** crypto.randomUUID exists only at secure addresses; a phone in a test network may use another one. */
function freshId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function digest(content: Blob): Promise<string> {
  if (!crypto.subtle) throw new NotKept("insecure");
  const bytes = await content.arrayBuffer().catch((cause: unknown) => {
    throw new NotKept("unreadable", { cause });
  });
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function orNotKept<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new NotKept(cause instanceof DOMException && cause.name === "QuotaExceededError" ? "full" : "closed", { cause });
  }
}
