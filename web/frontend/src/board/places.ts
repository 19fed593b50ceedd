/**
 * Where a visit can be put on the timeline, measured once when it is taken hold of.
 *
 * All measures are of the scrolled content, so that scrolling changes none of them and moving the pointer reads no layout.
 */

export interface Place {
  /** Whose route; null: off the plan, back to the queue. */
  technician: string | null;
  name: string;
  /** The job before whose visit it goes; null: last. */
  before: string | null;
  /** In the content of the scrolled timeline. */
  x: number;
  top: number;
  height: number;
}

interface Slot {
  before: string | null;
  x: number;
}

interface LaneBox {
  technician: string;
  name: string;
  top: number;
  bottom: number;
  slots: Slot[];
}

interface Visit {
  number: string;
  left: number;
  right: number;
  movable: boolean;
}

export const QUEUE: Place = { technician: null, name: "", before: null, x: 0, top: 0, height: 0 };

const HALF_GAP = 2;

export class Places {
  readonly box: DOMRect;
  /** The width of the column of names, which stays in place while the hours are scrolled. */
  readonly nameWidth: number;
  readonly headHeight: number;
  readonly scrollWidth: number;
  readonly scrollHeight: number;
  readonly queue: DOMRect | null;
  private readonly lanes: LaneBox[];

  private constructor(
    readonly scroller: HTMLElement,
    queue: Element | null,
    number: string,
  ) {
    this.box = scroller.getBoundingClientRect();
    this.scrollWidth = scroller.scrollWidth;
    this.scrollHeight = scroller.scrollHeight;
    this.queue = queue?.getBoundingClientRect() ?? null;
    const head = scroller.querySelector("thead .lane-name")?.getBoundingClientRect();
    this.nameWidth = head?.width ?? 0;
    this.headHeight = head?.height ?? 0;
    const left = this.box.left - scroller.scrollLeft;
    const top = this.box.top - scroller.scrollTop;
    const rows = [...scroller.querySelectorAll<HTMLElement>("tr[data-technician]:not([hidden])")];
    this.lanes = rows.map((row) => laneBox(row, number, left, top));
  }

  /** Measures the timeline under a board for one visit; null where no timeline is shown. */
  static of(board: HTMLElement, number: string): Places | null {
    const scroller = board.querySelector<HTMLElement>(".timeline-scroll:has(.timeline)");
    return scroller ? new Places(scroller, board.querySelector("[data-drop-queue]"), number) : null;
  }

  /** The place under a point of the window, or null where nothing can be dropped. */
  at(x: number, y: number, scrollLeft: number, scrollTop: number): Place | null {
    if (this.queue && inside(this.queue, x, y)) return QUEUE;
    if (!inside(this.box, x, y) || y < this.box.top + this.headHeight) return null;
    const down = y - this.box.top + scrollTop;
    const lane = this.lanes.find((one) => down >= one.top && down < one.bottom);
    if (!lane) return null;
    return placeOf(lane, slotAt(lane, x - this.box.left + scrollLeft));
  }

  /** The first place of the lane in which the visit stands now, or of the first lane. */
  start(technician: string | undefined, x: number): Place | null {
    const lane = this.lanes.find((one) => one.technician === technician) ?? this.lanes[0];
    return lane ? placeOf(lane, slotAt(lane, x)) : null;
  }

  /** The place so many lanes further down, at about the same time. */
  laneFrom(place: Place, step: number): Place {
    const here = this.lanes.findIndex((one) => one.technician === place.technician);
    const lane = this.lanes[Math.min(this.lanes.length - 1, Math.max(0, here + step))];
    return lane ? placeOf(lane, slotAt(lane, place.x)) : place;
  }

  /** The place so many visits later in the same lane. */
  slotFrom(place: Place, step: number): Place {
    const lane = this.lanes.find((one) => one.technician === place.technician);
    if (!lane) return place;
    const here = lane.slots.findIndex((slot) => slot.before === place.before);
    const slot = lane.slots[Math.min(lane.slots.length - 1, Math.max(0, here + step))];
    return slot ? placeOf(lane, slot) : place;
  }
}

function laneBox(row: HTMLElement, number: string, left: number, top: number): LaneBox {
  const box = row.getBoundingClientRect();
  const bars = [...row.querySelectorAll<HTMLElement>(".bar[data-job]")].filter((bar) => bar.dataset.job !== number);
  const visits = bars.map((bar): Visit => {
    const { left: from, right } = bar.getBoundingClientRect();
    return { number: bar.dataset.job ?? "", left: from - left, right: right - left, movable: "movable" in bar.dataset };
  });
  const begins = (row.querySelector(".lane-day")?.getBoundingClientRect().left ?? box.left) - left;
  return {
    technician: row.dataset.technician ?? "",
    name: row.dataset.name ?? "",
    top: box.top - top,
    bottom: box.bottom - top,
    slots: slotsOf(visits, begins),
  };
}

/** Before each visit that nobody has set off to, and after the last. */
function slotsOf(visits: Visit[], begins: number): Slot[] {
  const open = visits.filter((visit) => visit.movable);
  const last = visits.at(-1);
  return [
    ...open.map((visit) => ({ before: visit.number, x: visit.left - HALF_GAP })),
    { before: null, x: last ? last.right + HALF_GAP : begins },
  ];
}

/** The slot before the first visit whose beginning lies right of a point; a visit's own left half belongs to it, too. */
function slotAt(lane: LaneBox, x: number): Slot {
  const last = lane.slots[lane.slots.length - 1] as Slot;
  let nearest = last;
  for (const slot of lane.slots) if (Math.abs(slot.x - x) < Math.abs(nearest.x - x)) nearest = slot;
  return nearest;
}

function placeOf(lane: LaneBox, slot: Slot): Place {
  const { technician, name, top, bottom } = lane;
  return { technician, name, before: slot.before, x: slot.x, top, height: bottom - top };
}

function inside(box: DOMRect, x: number, y: number): boolean {
  return x >= box.left && x < box.right && y >= box.top && y < box.bottom;
}
