/** The words for what a phone keeps: what was done, when, and what became of it. */
import { t } from "../messages";
import type { Command, Contact, KeptFile } from "./store";

const DONE: Record<string, () => string> = {
  set_off: () => t("Set off"),
  arrive: () => t("Arrived"),
  use_part: () => t("Used a part"),
  take_serials: () => t("Noted devices"),
  complete: () => t("Job is done"),
  cannot_complete: () => t("Could not complete the visit"),
  add_charge: () => t("Put on the customer's bill"),
  correct_times: () => t("Corrected the times"),
  load: () => t("Loaded the van"),
  take_core: () => t("Took an old part along"),
  leave_core: () => t("Left an old part there"),
  ask_parts: () => t("Asked for a part"),
  receive_transfer: () => t("Received parts"),
  hand_over: () => t("Handed parts over"),
  report_damaged: () => t("Reported damaged pieces"),
};
const KINDS: Record<string, () => string> = {
  photo: () => t("Photo"),
  signature: () => t("Signature"),
  document: () => t("Document"),
};

/** What was done, with the part and number that tell one from another. */
export function whatWasDone(kept: Command | KeptFile): string {
  if (!("action" in kept)) return KINDS[kept.kind]?.() ?? kept.name;
  const words = DONE[kept.action]?.() ?? kept.action;
  const { sku, quantity } = kept.values as { sku?: string | null; quantity?: number };
  return sku ? `${words}: ${quantity ?? 1} × ${sku}` : words;
}

/** Why something was not carried out: the server's words in the reader's language, once it was asked. */
export function whyNot(kept: Command | KeptFile): string {
  if (kept.problem?.code === "values_not_usable") return t("Something in it cannot be read. Correct it and send it again.");
  return kept.problem?.words || t("The server did not say why.");
}

let aheadMs = 0;

/** Times are shown by the firm's clock, which a demonstration sets to a day of its own. */
export function setClock(contact: Contact | undefined): void {
  aheadMs = contact?.ahead_ms ?? 0;
}

export function timeOf(phoneTime: string): string {
  const zone = document.querySelector<HTMLElement>("[data-zone]")?.dataset.zone;
  const writer = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", ...(zone ? { timeZone: zone } : {}) });
  return writer.format(Date.parse(phoneTime) + aheadMs);
}

export function icon(name: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}
