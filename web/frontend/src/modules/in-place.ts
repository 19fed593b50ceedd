/**
 * Sends the forms of a page without leaving it: the answer takes the place of what is shown, and scanning goes on.
 *
 * Bound to the page. What a form with data-queue sends while another is under way, or while there is no connection,
 * waits in line, each under an id of its own, so that sending it again acts once; it survives a reload. Any other form
 * stays as it was typed when it could not be sent, and pressing again sends the same id again.
 */
import { bindAll } from "../main";
import { t } from "../messages";
import { tellByTone, type Tone } from "../sound";
import { takeTokenOf, tokenIn } from "../tokens";
import { type Field, fieldsIn, isTick, isTyped, takeOverTyped } from "../typed";
import { noteSent } from "./keep-typed";

/** Fields of one sending, as a form has them. */
type Fields = [name: string, value: string][];

const WAITING = "scans-waiting:";
const RETRY_MS = 5_000;

class NotYet extends Error {}

export function mount(page: HTMLElement): void {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
    event.preventDefault();
    if ("queue" in form.dataset) line(form).add(form);
    else void sendNow(form, event.submitter);
  });
  for (const form of page.querySelectorAll<HTMLFormElement>("form[data-queue]")) line(form).show();
}

async function sendNow(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  if (form.dataset.sending) return;
  form.dataset.sending = "true";
  submitter?.setAttribute("aria-busy", "true");
  const action = submitter?.getAttribute("formaction") ?? addressOf(form);
  try {
    const answer = await post(action, fieldsOf(new FormData(form, submitter)));
    if (answer.ok) noteSent(form);
    await show(answer, form);
  } catch (cause) {
    if (!(cause instanceof NotYet)) throw cause;
    delete form.dataset.sending;
    submitter?.removeAttribute("aria-busy");
    tell(form, `${cause.message} ${t("What you typed stays here. Press again; it acts once.")}`);
    tellByTone("bad");
  }
}

/** What was scanned into one form and has not been answered yet, in order. */
class Line {
  readonly #key: string;
  #waiting: Fields[];
  #isSending = false;
  #timer = 0;
  #trouble = "";

  constructor(readonly action: string) {
    // Each under who scanned it: the next person at this window does not send it as theirs.
    this.#key = `${WAITING}${personOf(document)}:${action}`;
    this.#waiting = stored(this.#key);
    window.addEventListener("online", () => void this.send());
    if (this.#waiting.length > 0) void this.send();
  }

  add(form: HTMLFormElement): void {
    const fields = fieldsOf(new FormData(form)).filter(([name]) => name !== "command_id");
    this.#waiting.push([...fields, ["command_id", freshId()]]);
    // What stands in the field from now on was typed after this scan.
    for (const field of form.querySelectorAll<HTMLInputElement>("input[data-scan-send]")) field.value = field.defaultValue = "";
    this.#keep();
    void this.send();
  }

  async send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    clearTimeout(this.#timer);
    try {
      for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
        const answer = await post(this.action, behindWhatWasRead(this.action, next));
        this.#waiting.shift();
        this.#trouble = "";
        this.#keep();
        await show(answer, null);
      }
    } catch (cause) {
      if (!(cause instanceof NotYet)) throw cause;
      if (!this.#trouble) tellByTone("bad");
      this.#trouble = cause.message;
      this.#timer = window.setTimeout(() => void this.send(), RETRY_MS);
    } finally {
      this.#isSending = false;
      this.show();
    }
  }

  /** Says beside the form how many scans wait, and why, with a button that tries again. */
  show(): void {
    const form = formTo(this.action);
    if (!form) return;
    form.querySelector("[data-not-sent]")?.remove();
    const waiting = this.#waiting.length;
    if (waiting === 0 || !this.#trouble) return;
    const again = document.createElement("button");
    again.type = "button";
    again.className = "button";
    again.textContent = t("Send again");
    again.addEventListener("click", () => void this.send());
    tell(form, `${this.#trouble} ${t("{waiting} scans wait here and go by themselves; each acts once.", { waiting })}`).append(" ", again);
  }

  #keep(): void {
    try {
      if (this.#waiting.length > 0) sessionStorage.setItem(this.#key, JSON.stringify(this.#waiting));
      else sessionStorage.removeItem(this.#key);
    } catch {
      // Private windows refuse storage; the line then lasts as long as the page.
    }
    this.show();
  }
}

/** Puts a scan behind those that the server has read already and that wait in its field for more. */
function behindWhatWasRead(action: string, fields: Fields): Fields {
  const field = formTo(action)?.querySelector<HTMLInputElement>("[data-scan-adds]");
  const read = field?.defaultValue.trim();
  return fields.map(([name, value]) => [name, field?.name === name && read ? `${read} ${value}` : value]);
}

const lines = new Map<string, Line>();

function line(form: HTMLFormElement): Line {
  const action = addressOf(form);
  const known = lines.get(action) ?? new Line(action);
  lines.set(action, known);
  return known;
}

/** Sends fields as a form does; throws NotYet when nobody who could act has heard of them. */
async function post(action: string, fields: Fields): Promise<Response> {
  let answer = await send(action, fields);
  if (answer.status === 400) {
    // The token of a session that has ended is refused like this, and the one of the new session is on every new page.
    await renewToken();
    answer = await send(action, fields);
  }
  return answer;
}

async function send(action: string, fields: Fields): Promise<Response> {
  const body = new URLSearchParams(fields);
  // One that waited for long may hold an older token.
  const token = tokenIn(document);
  if (token) body.set("csrf_token", token);
  return answered(action, { method: "POST", body });
}

async function renewToken(): Promise<void> {
  const page = await (await answered(location.href)).text();
  const made = new DOMParser().parseFromString(page, "text/html");
  if (personOf(made) !== personOf(document)) throw new NotYet(t("Somebody else is signed in now. Sign in as yourself in another window."));
  takeTokenOf(made);
}

async function answered(address: string, sent?: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(address, { ...sent, headers: { Accept: "text/html" } });
  } catch {
    throw new NotYet(t("There is no connection."));
  }
  if (answer.status === 401 || new URL(answer.url).pathname === "/login") throw new NotYet(t("You are signed out. Sign in again in another window."));
  if (answer.status === 403) throw new NotYet(t("The account that is signed in may not do this."));
  if (answer.status >= 500 || answer.status === 429) throw new NotYet(t("The server cannot do it at the moment."));
  return answer;
}

/** Who was signed in when a page was made. */
function personOf(page: Document): string {
  return page.querySelector<HTMLElement>("main")?.dataset.user ?? "";
}

/** Puts the page that answered in the place of the one that is shown, and keeps what is typed but for the form that was sent. */
async function show(answer: Response, sent: HTMLFormElement | null): Promise<void> {
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [shown, coming] = [document.querySelector("main"), next.querySelector("main")];
  if (!shown || !coming) return location.assign(answer.url);
  const typing = keepTyped(shown, coming, sent);
  shown.replaceChildren(...coming.childNodes);
  typing?.focus({ preventScroll: true });
  takeTokenOf(next);
  document.title = next.title;
  if (answer.redirected && new URL(answer.url).pathname !== location.pathname) history.pushState(null, "", answer.url);
  shownPath = location.pathname;
  tellOutcome(shown);
  await bindAll(shown);
  // A field that gets the focus brings up the keyboard of a phone, over half of the list.
  if (!typing && !matchMedia("(pointer: coarse)").matches) (shown.querySelector<HTMLElement>("[data-focus]") ?? shown.querySelector<HTMLElement>("[autofocus]"))?.focus();
}

let shownPath = location.pathname;

window.addEventListener("popstate", () => {
  // Links within a page come here too.
  if (location.pathname !== shownPath) location.reload();
});

/** Brings what the server said to where the eyes are, and tells it by ear. */
function tellOutcome(shown: HTMLElement): void {
  const told = [...shown.querySelectorAll<HTMLElement>(".notice-refused, .notice-note, .notice-done")];
  const place = shown.querySelector("[data-told-here]");
  if (place) place.replaceChildren(...told.filter((notice) => notice.parentElement === shown || "told" in notice.dataset));
  const tones: [string, Tone][] = [["notice-refused", "bad"], ["notice-note", "note"], ["notice-done", "good"]];
  const tone = tones.find(([name]) => told.some((notice) => notice.classList.contains(name)));
  if (tone) tellByTone(tone[1]);
}

/** Takes over what is typed; returns the field in which somebody is typing at the moment, as it is in the coming page. */
function keepTyped(shown: HTMLElement, coming: HTMLElement, sent: HTMLFormElement | null): Field | undefined {
  const typed = fieldsIn(shown).filter((field) => field.form && field.form !== sent && isTyped(field));
  const taken = takeOverTyped(typed, fieldsIn(coming), nameOf);
  for (const field of taken) {
    if (field instanceof HTMLInputElement && "scanAdds" in field.dataset) putBehind(field, field.defaultValue.trim());
    field.closest("details")?.setAttribute("open", "");
  }
  const active = typed.find((field) => field === document.activeElement);
  return active && taken.find((field) => nameOf(field) === nameOf(active));
}

/** Puts what was typed behind what the server has read and what waits in the field for more. */
function putBehind(field: HTMLInputElement, read: string): void {
  if (read && !field.value.startsWith(read)) field.value = `${read} ${field.value}`;
}

function nameOf(field: Field): string {
  return [field.form ? addressOf(field.form) : "", field.id, field.name, isTick(field) ? field.value : ""].join("\n");
}

/** A field named "action" would hide form.action, so the attribute is read. */
function addressOf(form: HTMLFormElement): string {
  return form.getAttribute("action") || location.pathname;
}

function formTo(action: string): HTMLFormElement | null {
  return document.querySelector<HTMLFormElement>(`form[data-queue][action="${CSS.escape(action)}"]`);
}

function fieldsOf(data: FormData): Fields {
  return [...data.entries()].map(([name, value]) => [name, String(value)]);
}

function tell(form: HTMLFormElement, sentence: string): HTMLElement {
  const told = form.querySelector<HTMLElement>("[data-not-sent]") ?? document.createElement("p");
  told.className = "error";
  told.dataset.notSent = "";
  told.setAttribute("role", "alert");
  told.textContent = sentence;
  form.append(told);
  return told;
}

function stored(key: string): Fields[] {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "[]") as Fields[];
  } catch {
    return [];
  }
}

function freshId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
