/** Says in the head of the phone's pages what waits to be sent, and whether there is a signal. */
import { t } from "../messages";
import type { Command, Contact, KeptFile } from "./store";
import { icon, timeOf } from "./words";

interface Look {
  icon: string;
  tone: string;
  words: string;
  leadsTo: string;
}

const LIST = "/day/waiting";

/** `waits` is what the person at this page did and is not sent; what others left on the phone is `others`. */
export interface Counts {
  waits: number;
  others: number;
  needsReading: number;
}

export function count(kept: (Command | KeptFile)[], user: number): Counts {
  const own = kept.filter((one) => one.user === user);
  return {
    waits: own.filter((one) => one.fate === "waits").length,
    others: kept.filter((one) => one.user !== user && one.fate === "waits").length,
    needsReading: own.filter((one) => one.fate !== "waits").length,
  };
}

export function showBadge(page: HTMLElement, counts: Counts, contact: Contact | undefined, user: number): void {
  for (const place of page.querySelectorAll<HTMLElement>("[data-badge]")) {
    const look = lookOf(counts, contact, user);
    place.dataset.waits = String(counts.waits);
    if (place.textContent === look.words && place.firstElementChild) continue;
    const link = document.createElement("a");
    link.className = `phone-badge badge badge-${look.tone}`;
    link.href = look.leadsTo;
    const words = document.createElement("span");
    words.textContent = look.words;
    link.append(icon(look.icon), words);
    place.replaceChildren(link);
  }
}

function lookOf(counts: Counts, contact: Contact | undefined, user: number): Look {
  const { words, icon: name, tone, leadsTo } = stateOf(counts, contact, user);
  if (counts.needsReading === 0) return { words, icon: name, tone, leadsTo };
  const reading = counts.needsReading === 1 ? t("1 was not accepted") : t("{number} were not accepted", { number: counts.needsReading });
  const rest = counts.waits > 0 || tone !== "good" ? ` · ${words}` : "";
  return { words: reading + rest, icon: "late", tone: "bad", leadsTo: LIST };
}

function stateOf(counts: Counts, contact: Contact | undefined, user: number): Look {
  const waits = counts.waits === 0 ? "" : counts.waits === 1 ? t("1 waits") : t("{number} wait", { number: counts.waits });
  const and = (words: string) => (waits ? `${waits} · ${words}` : words);
  if (contact?.state === "signed_out") return signIn(counts.waits);
  if (contact?.user !== undefined && contact.user !== user && contact.state !== "no_signal") return signIn(counts.waits);
  if (!contact || !navigator.onLine || contact.state === "no_signal") {
    const words = contact?.state === "no_signal" ? t("no signal since {time}", { time: timeOf(contact.since) }) : t("no signal");
    return { icon: "pause", tone: "warn", words: and(words), leadsTo: LIST };
  }
  if (contact.state === "trouble") return { icon: "late", tone: "warn", words: and(t("the server has trouble")), leadsTo: LIST };
  if (waits) return { icon: "send", tone: "info", words: waits, leadsTo: LIST };
  if (counts.others > 0) {
    return { icon: "lock", tone: "warn", words: t("{number} of somebody else wait here", { number: counts.others }), leadsTo: LIST };
  }
  return { icon: "check", tone: "good", words: t("all sent"), leadsTo: LIST };
}

function signIn(waits: number): Look {
  const words = waits > 0 ? t("Sign in to send {number}", { number: waits }) : t("Sign in");
  return { icon: "lock", tone: "warn", words, leadsTo: `/login?next=${encodeURIComponent("/day")}` };
}
