/** The server as the phone sees it: an answer, or one of the reasons for which there is none yet. */
import type { Command, KeptFile } from "./store";

/** No answer that could be relied upon: no signal, a server that restarts, a sign-in page of the network. */
export class NotYet extends Error {}

/** Nobody is signed in any more; everything stays until somebody is. */
export class SignedOut extends Error {}

/** The server read what was sent and does not take it. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly words: string,
  ) {
    super(words);
  }
}

/** The server's account of the person's days: who is signed in, what is planned, what became of what was told. */
export interface Account {
  user: number;
  now: string;
  day: string;
  csrf_token: string;
  visits: { id: number; day: string; job: string; site: string; starts_at: string; status: string }[];
  left: { id: number; words: string }[];
  answers: { id: string; outcome: string; state: string; words: string; note: string }[];
}

export interface Result {
  id: string;
  outcome: "done" | "done_before" | "merged" | "conflict" | "refused";
  problem?: { title: string; detail: string };
}

const PATIENCE_MS = 20_000;
const PATIENCE_WITH_FILES_MS = 120_000;

export function askForAccount(): Promise<Account> {
  return ask<Account>("/day/sync", {}, PATIENCE_MS);
}

export async function sendCommands(commands: Command[], csrfToken: string): Promise<Result[]> {
  const body = {
    phone_now: new Date().toISOString(),
    commands: commands.map(({ id, action, visit, happened_at, values }) => ({ id, action, visit, happened_at, values })),
  };
  const answer = await ask<{ results: Result[] }>(
    "/api/v1/day/commands",
    { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken }, body: JSON.stringify(body) },
    PATIENCE_MS,
  );
  return answer.results;
}

export async function sendFile(file: KeptFile, csrfToken: string): Promise<void> {
  const about = new URLSearchParams({ kind: file.kind, name: file.name });
  await ask(
    `/api/v1/visits/${file.visit}/files/${file.sha256}?${about}`,
    { method: "PUT", headers: { "Content-Type": file.content.type, "X-CSRFToken": csrfToken }, body: file.content },
    PATIENCE_WITH_FILES_MS,
  );
}

export async function sendPosition(position: { lat: number; lon: number; accuracy: number; at: string }, csrfToken: string): Promise<void> {
  await ask(
    "/api/v1/positions",
    { method: "POST", headers: { "Content-Type": "application/json", "X-CSRFToken": csrfToken }, body: JSON.stringify(position) },
    PATIENCE_MS,
  );
}

async function ask<T>(address: string, request: RequestInit, patienceMs: number): Promise<T> {
  let response: Response;
  let answered: unknown;
  try {
    response = await fetch(address, {
      ...request,
      headers: { Accept: "application/json", ...request.headers },
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(patienceMs),
    });
    // An address that leads on leads to the sign-in.
    if (response.type === "opaqueredirect" || response.status === 401) throw new SignedOut();
    // Networks that want a sign-in of their own answer pages, with whatever status.
    if (!/\bjson\b/.test(response.headers.get("Content-Type") ?? "")) throw new NotYet(`${response.status} ${address}`);
    answered = await response.json();
  } catch (cause) {
    throw cause instanceof SignedOut ? cause : new NotYet(String(cause));
  }
  if (response.ok) return answered as T;
  const problem = answered as { code?: string; title?: string; detail?: string };
  throw new Refused(response.status, problem.code ?? problem.title ?? "", problem.detail ?? "");
}
