/**
 * Moves a visit by pointer, finger or keys: within its route, to another technician, to the queue and from there.
 *
 * While something is carried nothing is measured: places are read once (board/places.ts) and only transforms change. At
 * the end the server says what the move costs (board/weighing.ts).
 */
import { Carried, wordsFor } from "../board/carried";
import { type Place, Places, QUEUE } from "../board/places";
import { say } from "../board/saying";
import { type Point, weigh } from "../board/weighing";
import { singleKeysAreOn } from "../keys";
import { t } from "../messages";

// A press becomes a drag after so many pixels; a finger holds still for so long first, else it scrolls.
const SLACK = 6;
const HOLD_MS = 350;
// So near to an edge the timeline scrolls along, and so fast at most.
const EDGE = 48;
const FASTEST = 18;

export function mount(board: HTMLElement): void {
  new Pointers(board).listen();
  board.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "m" || !singleKeysAreOn(event)) return;
    const source = sourceOf(document.activeElement);
    if (!source) return say(board, t("This visit can no longer be moved."));
    event.preventDefault();
    new Keys(board, source).start();
  });
}

interface Source {
  element: HTMLElement;
  number: string;
  text: string;
  /** Where it stands now, if it is on a route. */
  technician: string | undefined;
  before: string | null;
}

/** What is taken hold of at an element: a bar of the timeline or a line of a list. */
function sourceOf(element: Element | null): Source | null {
  const found = element?.closest<HTMLElement>("[data-job][data-movable]");
  if (!found || element?.closest("input, select, textarea, summary, label")) return null;
  const number = found.dataset.job ?? "";
  const bar = document.querySelector<HTMLElement>(`.bar[data-job="${CSS.escape(number)}"]`);
  return {
    element: found,
    number,
    text: number,
    technician: bar?.closest<HTMLElement>("[data-technician]")?.dataset.technician,
    before: nextVisit(bar)?.querySelector<HTMLElement>("[data-job]")?.dataset.job ?? null,
  };
}

/** The line of the next visit after a bar; breaks and pick-ups between them are stepped over. */
function nextVisit(bar: HTMLElement | null): Element | null {
  let line = bar?.closest("li")?.nextElementSibling ?? null;
  while (line && !line.querySelector("[data-job]")) line = line.nextElementSibling;
  return line;
}

function isWhereItStands(source: Source, place: Place): boolean {
  if (place.technician === null) return source.technician === undefined;
  return place.technician === source.technician && place.before === source.before;
}

/** Weighs a move, or says that there is none. */
async function finish(board: HTMLElement, source: Source, place: Place | null, near: Point): Promise<void> {
  if (place && !isWhereItStands(source, place)) await weigh(board, source.number, place, near);
  else say(board, t("{job} stays where it is.", { job: source.number }));
}

class Pointers {
  private source: Source | null = null;
  /** The pointer that took hold of it; another finger or mouse neither moves nor drops it. */
  private pointer = 0;
  private from: Point = { x: 0, y: 0 };
  private holding = 0;
  private trip: Trip | null = null;

  constructor(readonly board: HTMLElement) {}

  listen(): void {
    const { board } = this;
    board.addEventListener("pointerdown", (event) => this.press(event));
    board.addEventListener("pointermove", (event) => this.move(event));
    board.addEventListener("pointerup", (event) => this.release(event));
    board.addEventListener("pointercancel", (event) => event.pointerId === this.pointer && this.cancel());
    // Links and their pictures would be dragged by the browser itself.
    board.addEventListener("dragstart", (event) => event.preventDefault());
    // A rule of the style sheet would ask for the style of every element anew, as the drag begins.
    board.addEventListener("selectstart", (event) => this.source && event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.trip) return;
      event.stopPropagation();
      this.cancel();
    }, { capture: true });
    // A finger that carries something does not scroll; it is asked at the first touch, so the listener is always there.
    board.addEventListener("touchmove", (event) => this.trip && event.preventDefault(), { passive: false });
    board.addEventListener("contextmenu", (event) => (this.trip || this.holding) && event.preventDefault());
    // Places were measured in the window as it was.
    addEventListener("resize", () => this.cancel());
    addEventListener("scroll", () => this.trip?.isMisplaced() && this.cancel(), { passive: true });
  }

  private press(event: PointerEvent): void {
    if (this.trip || event.button !== 0 || !event.isPrimary || event.ctrlKey || event.metaKey || event.shiftKey) return;
    this.source = sourceOf(event.target as Element);
    this.pointer = event.pointerId;
    this.from = { x: event.clientX, y: event.clientY };
    if (this.source && event.pointerType === "touch") {
      this.holding = window.setTimeout(() => this.begin(event.pointerId, this.from), HOLD_MS);
    }
  }

  private move(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) return;
    if (this.trip) return this.trip.to(event.clientX, event.clientY);
    if (!this.source || Math.hypot(event.clientX - this.from.x, event.clientY - this.from.y) < SLACK) return;
    if (event.pointerType === "touch") return this.cancel();
    this.begin(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  private begin(pointerId: number, at: Point): void {
    this.holding = 0;
    const places = this.source && Places.of(this.board, this.source.number);
    if (!this.source || !places) return this.cancel();
    this.board.setPointerCapture(pointerId);
    navigator.vibrate?.(15);
    this.trip = new Trip(this.board, places, this.source, at);
  }

  private release(event: PointerEvent): void {
    if (event.pointerId !== this.pointer) return;
    const { trip, source } = this;
    const near = { x: event.clientX, y: event.clientY };
    // The last frame may not have seen the last way of the pointer.
    const place = trip?.placeAt(near) ?? null;
    this.cancel();
    if (!trip || !source) return;
    swallowClick();
    if (place) void finish(this.board, source, place, near);
  }

  private cancel(): void {
    clearTimeout(this.holding);
    this.holding = 0;
    this.trip?.end();
    this.trip = null;
    this.source = null;
  }
}

/** The click that follows a drop belongs to the drag. */
function swallowClick(): void {
  const swallow = (event: Event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
}

/** One visit on its way under a pointer. */
class Trip {
  private place: Place | null = null;
  private readonly carried: Carried;
  private point: Point;
  private left: number;
  private top: number;
  private frame = 0;
  private readonly windowAt = [scrollX, scrollY];
  private readonly ending = new AbortController();

  constructor(
    board: HTMLElement,
    readonly places: Places,
    readonly source: Source,
    from: Point,
  ) {
    this.point = from;
    this.left = places.scroller.scrollLeft;
    this.top = places.scroller.scrollTop;
    // A wheel scrolls, too, while something is carried.
    const scrolled = () => ([this.left, this.top] = [places.scroller.scrollLeft, places.scroller.scrollTop]);
    places.scroller.addEventListener("scroll", scrolled, { passive: true, signal: this.ending.signal });
    this.carried = new Carried(board, places.scroller, source.text);
    source.element.classList.add("is-carried");
    this.frame = requestAnimationFrame(() => this.draw(true));
  }

  to(x: number, y: number): void {
    this.point = { x, y };
  }

  placeAt({ x, y }: Point): Place | null {
    return this.places.at(x, y, this.left, this.top);
  }

  /** Whether the window was scrolled, so that nothing is where it was measured. */
  isMisplaced(): boolean {
    return scrollX !== this.windowAt[0] || scrollY !== this.windowAt[1];
  }

  end(): void {
    this.ending.abort();
    cancelAnimationFrame(this.frame);
    this.source.element.classList.remove("is-carried");
    this.carried.drop();
  }

  private draw(first = false): void {
    this.scroll();
    const place = this.placeAt(this.point);
    const other = place?.technician !== this.place?.technician || place?.before !== this.place?.before;
    if (first || other || !place !== !this.place) this.carried.over(place);
    this.place = place;
    this.carried.to(this.point.x, this.point.y);
    this.frame = requestAnimationFrame(() => this.draw());
  }

  private scroll(): void {
    const { box, nameWidth, headHeight, scroller, scrollWidth, scrollHeight } = this.places;
    if (this.point.x < box.left || this.point.x > box.right) return;
    const dx = speed(this.point.x - box.left - nameWidth, box.right - this.point.x);
    const dy = speed(this.point.y - box.top - headHeight, box.bottom - this.point.y);
    const left = within(this.left + dx, scrollWidth - box.width);
    const top = within(this.top + dy, scrollHeight - box.height);
    if (left !== this.left) scroller.scrollLeft = this.left = left;
    if (top !== this.top) scroller.scrollTop = this.top = top;
  }
}

/** How fast to scroll at these distances from the two edges: the nearer, the faster; not at all beyond them. */
function speed(fromStart: number, fromEnd: number): number {
  if (fromEnd >= 0 && fromEnd < EDGE) return Math.ceil(FASTEST * (1 - fromEnd / EDGE));
  if (fromStart >= 0 && fromStart < EDGE) return -Math.ceil(FASTEST * (1 - fromStart / EDGE));
  return 0;
}

function within(value: number, most: number): number {
  return Math.min(Math.max(0, value), Math.max(0, most));
}

const STEPS: Record<string, (places: Places, place: Place) => Place> = {
  ArrowUp: (places, place) => places.laneFrom(place, -1),
  ArrowDown: (places, place) => places.laneFrom(place, 1),
  ArrowLeft: (places, place) => places.slotFrom(place, -1),
  ArrowRight: (places, place) => places.slotFrom(place, 1),
};

/** One visit on its way by the keyboard: the arrows choose a place, Enter weighs it, Escape leaves all as it is. */
class Keys {
  private place: Place | null = null;
  private readonly places: Places | null;
  private carried: Carried | null = null;
  private readonly leaving = new AbortController();

  constructor(
    readonly board: HTMLElement,
    readonly source: Source,
  ) {
    this.places = Places.of(board, source.number);
  }

  start(): void {
    if (!this.places) return say(this.board, t("The timeline of a day is needed to move a visit. Open it first."));
    const bar = this.board.querySelector(`.bar[data-job="${CSS.escape(this.source.number)}"]`);
    const x = bar ? bar.getBoundingClientRect().left - this.places.box.left + this.places.scroller.scrollLeft : 0;
    this.carried = new Carried(this.board, this.places.scroller, this.source.number);
    this.source.element.classList.add("is-carried");
    const { signal } = this.leaving;
    document.addEventListener("keydown", (event) => this.press(event), { capture: true, signal });
    document.addEventListener("pointerdown", () => this.end(), { capture: true, signal });
    this.go(this.places.start(this.source.technician, x));
    say(this.board, t("Moving {job}. The arrow keys choose technician and place, Q the queue, Enter shows what it costs, Escape leaves it.", { job: this.source.number }));
  }

  private press(event: KeyboardEvent): void {
    const { places } = this;
    if (!places || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step && this.place) this.go(step(places, this.place.technician === null ? this.fromQueue() : this.place));
    else if (event.key.toLowerCase() === "q") this.go(QUEUE);
    else if (event.key === "Enter") this.drop();
    else if (event.key === "Escape") this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private fromQueue(): Place {
    return this.places?.start(this.source.technician, 0) ?? QUEUE;
  }

  private go(place: Place | null): void {
    if (!place || !this.places || !this.carried) return;
    this.place = place;
    this.carried.over(place);
    const near = this.near(place);
    this.carried.to(near.x, near.y);
    say(this.board, wordsFor(place));
  }

  /** Where the place is in the window, after it was scrolled into view. */
  private near(place: Place): Point {
    const { scroller, box, nameWidth, headHeight, queue } = this.places as Places;
    if (place.technician === null) return { x: queue?.left ?? box.left, y: queue?.top ?? box.top };
    const left = place.x - nameWidth - EDGE;
    if (scroller.scrollLeft > left || scroller.scrollLeft + box.width < place.x + EDGE) scroller.scrollLeft = left;
    const above = place.top - headHeight;
    if (scroller.scrollTop > above) scroller.scrollTop = above;
    const below = place.top + place.height - box.height + EDGE / 2;
    if (scroller.scrollTop < below) scroller.scrollTop = below;
    return { x: box.left + place.x - scroller.scrollLeft, y: box.top + place.top - scroller.scrollTop + place.height / 2 };
  }

  private drop(): void {
    const { place } = this;
    const near = place ? this.near(place) : { x: 0, y: 0 };
    this.end();
    void finish(this.board, this.source, place, near).then(() => this.focus());
  }

  /** Gives the focus back to what was moved; news may have put another element in its place. */
  private focus(): void {
    const { element, number } = this.source;
    const now = element.isConnected ? element : this.board.querySelector<HTMLElement>(`[data-job="${CSS.escape(number)}"][data-movable]`);
    now?.focus();
  }

  private leave(): void {
    this.end();
    say(this.board, t("{job} stays where it is.", { job: this.source.number }));
  }

  private end(): void {
    this.leaving.abort();
    this.carried?.drop();
    this.source.element.classList.remove("is-carried");
  }
}
