/**
 * Sends what the phone keeps, in the order in which it was done, and takes in what the server answers.
 *
 * One sender at a time, over all tabs and the worker. What is sent twice counts once, so whatever is in doubt is sent
 * again. A command that was refused does not hold up those behind it: each is judged by itself, and what is done later
 * implies what was done before.
 */
import { type Account, askForAccount, NotYet, Refused, type Result, sendCommands, sendFile, SignedOut } from "./server";
import { type Command, type Contact, type KeptFile, type Left, openStore, type Problem, type SeenVisit, tellChange } from "./store";

const LOCK = "wrenchway-phone-sending";
/** Small, so that a weak signal gets some of it through. */
const BATCH = 10;
/** The server failed at one of several commands, or they were too much at once: each is tried alone. */
const ONE_BY_ONE = new Set([400, 413, 422, 500]);
/** These never go otherwise. A file that was cut off on the way is not among them. */
const FOR_GOOD = new Set([403, 404, 413, 415, 422]);
const CUT_OFF = "file_changed_on_the_way";
const DONE = new Set(["done", "done_before", "merged"]);

/** Sends everything that waits and belongs to whoever is signed in; returns how the server was reached. */
export async function send(): Promise<Contact["state"]> {
  return alone(async () => {
    // Only the "no" of the browser can be relied upon.
    if (!navigator.onLine) return note("no_signal");
    try {
      return await sendAll();
    } catch (error) {
      if (error instanceof SignedOut) return note("signed_out");
      if (error instanceof NotYet) return note("no_signal");
      if (error instanceof Refused) return note("trouble");
      throw error;
    }
  });
}

async function sendAll(): Promise<Contact["state"]> {
  let account = await takeAccount();
  const failed = new Set<number>();
  const own = async () => (await waiting("commands", account.user)).filter((command) => !failed.has(command.seq as number));
  let sent = false;
  for (let batch = await own(); batch.length > 0; batch = await own()) {
    for (const seq of await sendBatch(batch.slice(0, BATCH), account)) failed.add(seq);
    sent = true;
  }
  // The smallest first: what a weak signal does not get through in time holds up only what is larger still.
  const files = (await waiting("files", account.user)).sort((one, other) => one.content.size - other.content.size);
  for (const file of files) {
    if (!(await sendOne(file, account))) failed.add(-1);
    sent = true;
  }
  // The server's words for what it did not carry out, and the day as it is now.
  if (sent) account = await takeAccount();
  if (failed.size > 0) return note("trouble", account);
  return note((await isSomethingLeft()) ? "somebody_else" : "reached", account);
}

/** Sends some commands and notes what became of them; returns the places of those at which the server failed. */
async function sendBatch(batch: Command[], account: Account): Promise<number[]> {
  try {
    return await noteResults(batch, await sendCommands(batch, account.csrf_token));
  } catch (error) {
    if (!(error instanceof Refused) || !ONE_BY_ONE.has(error.status)) throw error;
    if (batch.length > 1) return sendSingly(batch, account);
    const [command] = batch as [Command];
    if (!FOR_GOOD.has(error.status)) return [command.seq as number];
    return noteResults(batch, [{ id: command.id, outcome: "refused", problem: { title: error.code, detail: error.words } }]);
  }
}

async function sendSingly(batch: Command[], account: Account): Promise<number[]> {
  const failed: number[] = [];
  for (const command of batch) failed.push(...(await sendBatch([command], account)));
  return failed;
}

/** Sends a file; returns whether that is settled, for good or not. */
async function sendOne(file: KeptFile, account: Account): Promise<boolean> {
  const store = await openStore();
  try {
    await sendFile(file, account.csrf_token);
    await store.delete("files", file.seq as number);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (!FOR_GOOD.has(error.status) || error.code === CUT_OFF) return false;
    await store.put("files", { ...file, fate: "refused", problem: { code: error.code, words: error.words } });
  }
  tellChange();
  return true;
}

async function waiting<Name extends "commands" | "files">(name: Name, user: number) {
  return (await (await openStore()).getAll(name)).filter((kept) => kept.fate === "waits" && kept.user === user);
}

/** Whether anything waits still, of whomever. */
async function isSomethingLeft(): Promise<boolean> {
  const store = await openStore();
  return [...(await store.getAll("commands")), ...(await store.getAll("files"))].some((kept) => kept.fate === "waits");
}

/** What was carried out leaves the phone, the rest stays with its reason; returns the places of what has no answer. */
async function noteResults(batch: Command[], results: Result[]): Promise<number[]> {
  const answers = new Map(results.map((result) => [result.id, result]));
  const store = await openStore();
  const transaction = store.transaction("commands", "readwrite", { durability: "strict" });
  for (const command of batch) {
    const result = answers.get(command.id);
    if (!result) continue;
    if (DONE.has(result.outcome)) await transaction.store.delete(command.seq as number);
    else await transaction.store.put({ ...command, fate: result.outcome === "conflict" ? "conflict" : "refused", problem: problemOf(result) });
  }
  await transaction.done;
  tellChange();
  return batch.filter((command) => !answers.has(command.id)).map((command) => command.seq as number);
}

function problemOf(result: Result): Problem {
  return { code: result.problem?.title ?? "", words: result.problem?.detail ?? "" };
}

/** Asks the server how the days stand, and takes over what it says. */
async function takeAccount(): Promise<Account> {
  const account = await askForAccount();
  await besides(noteAnswers(account));
  await besides(noteVisits(account));
  return account;
}

/** Waits for what is only noted down: a phone that is full sends all the same, and has room again afterwards. */
async function besides(noting: Promise<void>): Promise<void> {
  await noting.catch((cause: unknown) => console.warn("The phone could not note how the server was reached.", cause));
}

/** Puts the server's words to what was refused, and what the dispatcher decided since. */
async function noteAnswers(account: Account): Promise<void> {
  const transaction = (await openStore()).transaction("commands", "readwrite");
  for (const answer of account.answers) {
    const command = await transaction.store.index("id").get(answer.id);
    if (!command || command.fate === "waits") continue;
    const words = [answer.words, answer.note].filter(Boolean).join(" ");
    await transaction.store.put({ ...command, problem: { code: answer.state, words } });
  }
  await transaction.done;
}

/** A visit that was there and is gone is told, until the person has read it. */
async function noteVisits(account: Account): Promise<void> {
  const transaction = (await openStore()).transaction(["seen", "left"], "readwrite");
  const seen = (await transaction.objectStore("seen").get(account.user)) ?? [];
  for (const left of leftSince(seen, account)) await transaction.objectStore("left").put(left);
  await transaction.objectStore("seen").put(account.visits, account.user);
  await transaction.done;
}

function leftSince(seen: SeenVisit[], account: Account): Left[] {
  const present = new Set(account.visits.map((visit) => visit.id));
  const words = new Map(account.left.map((left) => [left.id, left.words]));
  return seen
    .filter((visit) => visit.day >= account.day && !present.has(visit.id))
    .map((visit) => ({ visit: visit.id, user: account.user, words: words.get(visit.id) ?? `${visit.site} · ${visit.job}` }));
}

async function note(state: Contact["state"], account?: Account): Promise<Contact["state"]> {
  await besides(noteContact(state, account));
  tellChange();
  return state;
}

async function noteContact(state: Contact["state"], account?: Account): Promise<void> {
  const store = await openStore();
  const before = await store.get("facts", "contact");
  const since = before?.state === state ? before.since : new Date().toISOString();
  const told: Contact = { ...before, state, since };
  if (account) Object.assign(told, { user: account.user, ahead_ms: Date.parse(account.now) - Date.now() });
  await store.put("facts", told, "contact");
}

let running: Promise<Contact["state"]> | undefined;
let again = false;

/** Runs one sender at a time. Who asks while one runs gets another run behind it: it may have looked already. */
function alone(act: () => Promise<Contact["state"]>): Promise<Contact["state"]> {
  if (running) {
    again = true;
    return running;
  }
  const run = () => (navigator.locks ? navigator.locks.request(LOCK, act) : act());
  running = (async () => {
    try {
      let state: Contact["state"];
      do {
        again = false;
        state = await run();
      } while (again);
      return state;
    } finally {
      running = undefined;
    }
  })();
  return running;
}
