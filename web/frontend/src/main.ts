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
import { loadMessages } from "./messages";

export interface Behaviour {
  mount(element: HTMLElement): void | Promise<void>;
}

const modules = import.meta.glob<Behaviour>("./modules/*.ts");

async function bind(element: HTMLElement): Promise<void> {
  for (const name of (element.dataset.module ?? "").split(" ").filter(Boolean)) {
    const load = modules[`./modules/${name}.ts`];
    if (!load) throw new Error(`There is no module ${name} for ${element.tagName.toLowerCase()}.`);
    await (await load()).mount(element);
  }
}

/** Binds every module below an element; partials that were fetched are bound with it again. */
export async function bindAll(root: ParentNode): Promise<void> {
  await Promise.all([...root.querySelectorAll<HTMLElement>("[data-module]")].map(bind));
}

async function start(): Promise<void> {
  await loadMessages(document.documentElement.lang);
  await bindAll(document);
  document.documentElement.dataset.ready = "true";
}

void start();
