/**
 * Binds behaviour to the pages: an element with data-module="x" gets src/modules/x.ts, whose mount() receives it.
 *
 * A page is complete without any of this; a module that fails leaves the plain page standing.
 */
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/components.css";
import "../styles/layout.css";
import "../styles/jobs.css";
import "../styles/board.css";
import "../styles/day.css";
import "../styles/warehouse.css";
import "../styles/timeline.css";
import "../styles/moves.css";
import "../styles/live.css";
import "../styles/offline.css";
import "../styles/scan.css";
import "../styles/guide.css";
import { loadMessages, t } from "./messages";
import { watchScrollers } from "./scrollers";
import { toast } from "./toast";

export interface Behaviour {
  mount(element: HTMLElement): void | Promise<void>;
}

const modules = import.meta.glob<Behaviour>("./modules/*.ts");

/** The page of a phone as the server wrote it, before any script touched it; phone/refresh.ts compares with it. */
export let written = "";

async function bind(element: HTMLElement): Promise<void> {
  for (const name of (element.dataset.module ?? "").split(" ").filter(Boolean)) {
    const load = modules[`./modules/${name}.ts`];
    if (!load) throw new Error(`There is no module ${name} for ${element.tagName.toLowerCase()}.`);
    await (await load()).mount(element);
  }
}

/**
 * Binds every module below an element; partials that were fetched are bound with it again.
 *
 * One that does not start takes nothing from the others: its part of the page stays as the server wrote it.
 */
export async function bindAll(root: ParentNode): Promise<void> {
  watchScrollers(root);
  const bound = await Promise.allSettled([...root.querySelectorAll<HTMLElement>("[data-module]")].map(bind));
  const failures = bound.filter((outcome) => outcome.status === "rejected");
  if (failures.length === 0) return;
  for (const failure of failures) console.error(failure.reason);
  toast(t("A part of this page did not start. What you see works all the same; load the page again for the rest."), { tone: "refused" });
}

async function start(): Promise<void> {
  // Sentences in English are better than a page without its scripts.
  await loadMessages(document.documentElement.lang).catch((cause: unknown) => console.error(cause));
  written = document.querySelector("[data-person]")?.innerHTML ?? "";
  await bindAll(document);
  document.documentElement.dataset.ready = "true";
}

void start();
