/** Shows at each stop what was done there and is not at the server yet, and moves the stops on as if it were. */
import { showStatus, stopOfVisit } from "../day-stops";
import { t } from "../messages";
import { isSure } from "./question";
import { acknowledgeLeft, drop } from "./queue";
import type { Command, Left, KeptFile } from "./store";
import { fillAgain } from "./values";
import { icon, timeOf, whatWasDone, whyNot } from "./words";

type Kept = Command | KeptFile;

const STATUS_AFTER: Record<string, string> = {
  set_off: "en_route",
  arrive: "on_site",
  use_part: "on_site",
  take_serials: "on_site",
  complete: "completed",
  cannot_complete: "incomplete",
};
/** What a form may be about that nobody can choose in it. */
const ONE_THING = ["core", "transfer", "pick_list", "kind"];
const SHOWN_AS_SENT_MS = 30_000;

/** What was sent since the page was loaded, for a moment: it says that it arrived. */
const sent = new Map<Kept, number>();
/** Of that, what the page shows as done by itself: it is older than what the server answered. */
const ahead = new Map<Kept, number>();

export function noteSent(kept: Kept[]): void {
  for (const one of kept) {
    sent.set(one, Date.now() + SHOWN_AS_SENT_MS);
    ahead.set(one, performance.now());
  }
}

/** The page is the server's own account now, in which everything stands that was sent before it was asked for. */
export function settle(asked: number): void {
  for (const [one, at] of ahead) if (at < asked) ahead.delete(one);
}

/** Shows everything that the phone keeps of a person on a page. */
export function showKept(page: HTMLElement, kept: Kept[], left: Left[]): void {
  for (const [one, until] of sent) if (until < Date.now()) sent.delete(one);
  const lines = new Map<HTMLElement, HTMLElement[]>();
  const add = (place: HTMLElement | null, line: HTMLElement) => {
    if (place) lines.set(place, [...(lines.get(place) ?? []), line]);
  };
  for (const place of page.querySelectorAll<HTMLElement>(".told[data-told]")) lines.set(place, []);
  for (const visit of left) add(commonPlace(page), leftLine(visit));
  for (const one of sent.keys()) if (!kept.some((other) => other.seq === one.seq)) add(placeOf(page, one), sentLine(one));
  for (const one of kept) add(placeOf(page, one), keptLine(page, one));
  for (const [place, content] of lines) put(place, content);
  for (const one of [...ahead.keys(), ...kept]) if (one.fate === "waits" && "action" in one) moveOn(page, one);
}

/** Puts lines in their place if they say something else; what must be read is not folded away. */
function put(place: HTMLElement, content: HTMLElement[]): void {
  const words = (lines: Element[]) => lines.map((line) => line.textContent).join("\n");
  if (words(content) === words([...place.children])) return;
  place.replaceChildren(...content);
  const stop = place.closest("details");
  if (stop && place.querySelector(".told-refused, .told-conflict")) stop.open = true;
}

/** Shows a page as it is once the server has carried a command out. */
function moveOn(page: HTMLElement, command: Command): void {
  page.dataset.moved = "true";
  const { action } = command;
  const stop = stopOf(page, command);
  if (action === "load" && stop) {
    const lists = (stop.dataset.pickLists ?? "").split(" ");
    const loaded = new Set((stop.dataset.loaded ?? "").split(" ").filter(Boolean).concat(String(command.values.pick_list)));
    stop.dataset.loaded = [...loaded].join(" ");
    if (lists.every((list) => loaded.has(list))) showStatus(page, stop, "loaded");
  }
  const status = STATUS_AFTER[action];
  if (status && stop && isAhead(status, stop.dataset.status ?? "")) showStatus(page, stop, status);
  hideWhatWasUsed(page, command);
}

const ORDER = ["dispatched", "en_route", "on_site", "incomplete", "completed"];

function isAhead(status: string, shown: string): boolean {
  return ORDER.indexOf(status) > ORDER.indexOf(shown);
}

/** A form for one planned thing is not offered twice. */
function hideWhatWasUsed(page: HTMLElement, command: Command): void {
  const about = command.action === "use_part" ? "sku" : command.action.endsWith("_core") ? "core" : "transfer";
  const value = command.values[about];
  if (value === undefined) return;
  for (const form of page.querySelectorAll<HTMLFormElement>("form[data-command]")) {
    const field = form.querySelector<HTMLInputElement>(`input[type=hidden][name=${about}]`);
    const same = field?.value === String(value) && (command.visit === null || form.dataset.visit === String(command.visit));
    if (!same || (about === "sku" && form.dataset.command !== "use_part")) continue;
    const fold = form.parentElement instanceof HTMLDetailsElement ? form.parentElement : form;
    fold.hidden = true;
  }
}

function stopOf(page: HTMLElement, kept: Kept): HTMLElement | null {
  if (kept.visit !== null) return stopOfVisit(page, kept.visit);
  const pickList = "values" in kept ? kept.values.pick_list : undefined;
  return pickList === undefined ? null : page.querySelector(`[data-pick-lists~="${String(pickList)}"]`);
}

function placeOf(page: HTMLElement, kept: Kept): HTMLElement | null {
  return stopOf(page, kept)?.querySelector<HTMLElement>(".told[data-told]") ?? commonPlace(page);
}

/** What belongs to no stop of this page is told below its head, except where all of it is listed anyway. */
function commonPlace(page: HTMLElement): HTMLElement | null {
  const badge = page.querySelector("[data-badge]");
  if (!badge || page.querySelector("[data-waiting]")) return null;
  const known = page.querySelector<HTMLElement>("[data-told-page]");
  if (known) return known;
  const place = document.createElement("div");
  place.className = "told";
  place.dataset.told = "";
  place.dataset.toldPage = "";
  place.setAttribute("role", "status");
  badge.after(place);
  return place;
}

function sentLine(kept: Kept): HTMLElement {
  return line("told-sent", "check", `${whatWasDone(kept)} · ${timeOf(kept.happened_at)} · ${t("sent")}`);
}

function leftLine(left: Left): HTMLElement {
  const shown = line("told-left", "cross", t("No longer yours: {visit}", { visit: left.words }));
  shown.append(actions(button(t("I have read it"), "check", () => void acknowledgeLeft(left.visit))));
  return shown;
}

/** One thing that the phone keeps: what, when, and what is the matter with it. */
export function keptLine(page: HTMLElement, kept: Kept): HTMLElement {
  const head = `${kept.where && !stopOf(page, kept) ? `${kept.where}: ` : ""}${whatWasDone(kept)} · ${timeOf(kept.happened_at)}`;
  if (kept.fate === "waits") return line("told-waits", "clock", `${head} · ${t("waits")}`);
  const shown = line(`told-${kept.fate}`, kept.fate === "conflict" ? "phone" : "late", head);
  const why = document.createElement("p");
  why.textContent = `${stateWords(kept)} ${whyNot(kept)}`;
  shown.querySelector(".told-words")?.append(why);
  shown.append(actions(...waysOut(page, kept)));
  return shown;
}

function stateWords(kept: Kept): string {
  if (kept.fate === "refused") return t("Not accepted:");
  if (kept.problem?.code === "accepted") return t("The dispatcher let it count.");
  if (kept.problem?.code === "dismissed") return t("The dispatcher: it does not count.");
  return t("The dispatcher decides:");
}

function waysOut(page: HTMLElement, kept: Kept): HTMLElement[] {
  const store = "action" in kept ? "commands" : "files";
  const seq = kept.seq as number;
  if (kept.fate === "conflict") return [button(t("I have read it"), "check", () => void drop(store, seq))];
  const form = "action" in kept ? formOf(page, kept) : null;
  const ways = [button(t("Drop it"), "trash", () => void askAndDrop(store, seq, kept))];
  if (form && "action" in kept) ways.unshift(button(t("Correct it"), "undo", () => correct(form, kept)));
  return ways;
}

async function askAndDrop(store: "commands" | "files", seq: number, kept: Kept): Promise<void> {
  const what = t("{what} will not be counted, and nobody else knows about it.", { what: whatWasDone(kept) });
  if (await isSure(t("Drop it?"), what, { yes: t("Drop it"), no: t("Keep it") })) await drop(store, seq);
}

function formOf(page: HTMLElement, command: Command): HTMLFormElement | null {
  const ofVisit = command.visit === null ? "" : `[data-visit="${command.visit}"]`;
  const forms = [...page.querySelectorAll<HTMLFormElement>(`form[data-command="${command.action}"]${ofVisit}`)];
  // The last one is the form in which everything can be chosen.
  return forms.filter((form) => isAbout(form, command)).pop() ?? null;
}

/** Whether a form about one old part, transfer, pick list or kind of charge is about that of the command. */
function isAbout(form: HTMLFormElement, command: Command): boolean {
  return ONE_THING.every((name) => {
    const value = command.values[name];
    return value === undefined || form.querySelector(`input[type=hidden][name="${name}"][value="${String(value)}"]`) !== null;
  });
}

/** Opens the form with what was told; sent again, it counts from when it happened. */
function correct(form: HTMLFormElement, command: Command): void {
  fillAgain(form, command.values);
  form.dataset.corrects = command.id;
  // Whoever shows fields for what is chosen looks again.
  form.dispatchEvent(new Event("change"));
  reveal(form);
  form.scrollIntoView({ block: "center" });
  form.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea")?.focus();
}

/** Shows a form that was folded away, or that the page did not offer any more. */
export function reveal(form: HTMLFormElement): void {
  for (let above: HTMLElement | null = form; above; above = above.parentElement) {
    if (above instanceof HTMLDetailsElement) above.open = true;
    if (above.tagName === "DETAILS" || "when" in above.dataset || above === form) above.hidden = false;
  }
}

function line(kind: string, iconName: string, words: string): HTMLElement {
  const shown = document.createElement("div");
  shown.className = `told-line ${kind}`;
  const text = document.createElement("div");
  text.className = "told-words";
  text.append(words);
  shown.append(icon(iconName), text);
  return shown;
}

function actions(...buttons: HTMLElement[]): HTMLElement {
  const row = document.createElement("div");
  row.className = "told-actions";
  row.append(...buttons);
  return row;
}

function button(words: string, iconName: string, act: () => void): HTMLElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.append(icon(iconName), words);
  made.addEventListener("click", act);
  return made;
}
