/** What is seen of a visit that is being moved: a label at the pointer, and a mark where it would go. */
import { tellFree } from "../changed";
import { t } from "../messages";
import type { Place } from "./places";

const OFFSET = 14;

export class Carried {
  private readonly label = document.createElement("div");
  private readonly where = document.createElement("span");
  private readonly mark = document.createElement("i");
  private readonly lane = document.createElement("i");

  constructor(
    readonly board: HTMLElement,
    readonly scroller: HTMLElement,
    text: string,
  ) {
    this.label.className = "carried";
    const name = document.createElement("b");
    name.textContent = text;
    this.label.append(name, this.where);
    this.mark.className = "drop-mark";
    this.lane.className = "drop-lane";
    this.board.append(this.label);
    scroller.append(this.lane, this.mark);
    document.documentElement.dataset.carrying = "true";
  }

  /** Brings the label to a point of the window; nothing but a transform, so that no layout is asked for. */
  to(x: number, y: number): void {
    this.label.style.transform = `translate3d(${x + OFFSET}px, ${y + OFFSET}px, 0)`;
  }

  /** Shows a place, or that nothing can be put there. */
  over(place: Place | null): void {
    this.where.textContent = place ? wordsFor(place) : t("Nothing can be put here");
    this.label.classList.toggle("is-nowhere", !place);
    this.board.classList.toggle("is-over-queue", place?.technician === null);
    const onLane = place !== null && place.technician !== null;
    this.mark.style.visibility = this.lane.style.visibility = onLane ? "visible" : "hidden";
    if (!onLane) return;
    this.mark.style.transform = `translate3d(${place.x}px, ${place.top}px, 0)`;
    this.lane.style.transform = `translate3d(0, ${place.top}px, 0)`;
    this.mark.style.height = this.lane.style.height = `${place.height}px`;
  }

  drop(): void {
    for (const element of [this.label, this.mark, this.lane]) element.remove();
    this.board.classList.remove("is-over-queue");
    delete document.documentElement.dataset.carrying;
    tellFree();
  }
}

/** A place in words: "Ana Ribeiro, before J-14". */
export function wordsFor(place: Place): string {
  if (place.technician === null) return t("back to the queue");
  if (place.before === null) return t("{technician}, last", { technician: place.name });
  return t("{technician}, before {job}", { technician: place.name, job: place.before });
}
