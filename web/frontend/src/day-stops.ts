/**
 * Moves a technician's day along on the page that the server rendered.
 *
 * Each stop holds the forms of all its states; this shows those of one state, puts the stop where it belongs (now,
 * afterwards, done) and opens the one that comes next, just as the server would render it. No rule stands here: which
 * state follows is told by the caller.
 */

const UNDER_WAY = ["en_route", "on_site"];
const OVER = ["completed", "incomplete", "withdrawn", "loaded"];

/** Returns the stop of a visit, or null when the page does not show it. */
export function stopOfVisit(page: ParentNode, visit: string | number): HTMLElement | null {
  return page.querySelector(`[data-visit-id="${visit}"]`);
}

/** Shows a stop, of a visit or a pick-up, in a state, and the day around it. */
export function showStatus(page: ParentNode, stop: HTMLElement, status: string): void {
  if (stop.dataset.status === status) return;
  stop.dataset.status = status;
  for (const part of stop.querySelectorAll<HTMLElement>("[data-when]")) {
    part.hidden = !part.dataset.when?.split(" ").includes(status);
  }
  if (status === "loaded") showLoaded(page, stop.dataset.warehouse ?? "");
  arrange(page);
}

/** What was to be picked up at a warehouse can be used from now on. */
function showLoaded(page: ParentNode, warehouse: string): void {
  for (const form of page.querySelectorAll<HTMLElement>(`[data-after-load="${warehouse}"]`)) form.hidden = false;
}

/** Puts every stop into its list, and shows of each whether it may begin. */
export function arrange(page: ParentNode): void {
  const stops = [...page.querySelectorAll<HTMLElement>("[data-status]")];
  const underWay = stops.find((stop) => UNDER_WAY.includes(stop.dataset.status ?? ""));
  const next = underWay ?? inOrder(stops).find((stop) => !isOver(stop));
  for (const stop of inOrder(stops)) {
    moveTo(page, stop === next ? "now" : isOver(stop) ? "done" : "afterwards", stop);
    showBusy(stop, underWay && underWay !== stop ? underWay : undefined);
  }
  showLists(page, underWay);
  showProgress(page, stops);
}

function isOver(stop: HTMLElement): boolean {
  return OVER.includes(stop.dataset.status ?? "");
}

function inOrder(stops: HTMLElement[]): HTMLElement[] {
  const time = (stop: HTMLElement) => stop.querySelector("time")?.dateTime ?? "";
  return [...stops].sort((one, other) => time(one).localeCompare(time(other)));
}

/** A stop that stays where it is keeps its focus: it is not touched. */
function moveTo(page: ParentNode, name: string, stop: HTMLElement): void {
  const list = page.querySelector<HTMLElement>(`[data-stops="${name}"] ol`);
  const item = stop.closest("li");
  if (!list || !item || item.parentElement === list) return;
  const later = [...list.children].find((other) => timeOf(other) > timeOf(item));
  list.insertBefore(item, later ?? null);
  if (stop instanceof HTMLDetailsElement) stop.open = name === "now";
}

function timeOf(item: Element): string {
  return item.querySelector("time")?.dateTime ?? "";
}

function showBusy(stop: HTMLElement, elsewhere: HTMLElement | undefined): void {
  for (const part of stop.querySelectorAll<HTMLElement>("[data-if-busy]")) part.hidden = !elsewhere;
  for (const part of stop.querySelectorAll<HTMLElement>("[data-if-free]")) part.hidden = Boolean(elsewhere);
  for (const site of stop.querySelectorAll("[data-busy-site]")) site.textContent = elsewhere?.dataset.site ?? "";
}

function showLists(page: ParentNode, underWay: HTMLElement | undefined): void {
  for (const section of page.querySelectorAll<HTMLElement>("[data-stops]")) {
    const items = section.querySelectorAll("ol > li").length;
    section.hidden = !items;
    const count = section.querySelector("[data-count]");
    if (count) count.textContent = String(items);
  }
  for (const word of page.querySelectorAll<HTMLElement>("[data-word]")) {
    word.hidden = (word.dataset.word === "busy") !== Boolean(underWay);
  }
  const left = page.querySelectorAll('[data-stops="now"] li, [data-stops="afterwards"] [data-status]').length;
  for (const card of page.querySelectorAll<HTMLElement>("[data-all-done]")) card.hidden = Boolean(left);
}

function showProgress(page: ParentNode, stops: HTMLElement[]): void {
  const visits = stops.filter((stop) => stop.dataset.visitId);
  const done = visits.filter(isOver).length;
  for (const bar of page.querySelectorAll("progress")) bar.value = done;
  for (const number of page.querySelectorAll("[data-done]")) number.textContent = String(done);
}
