/** What is selected on the board and what is pointed at, told to every view. */

export interface Selection {
  job?: string;
  technician?: string;
}

const EVENT = "wrenchway:select";
const POINT = "wrenchway:point";

export function select(selection: Selection): void {
  document.dispatchEvent(new CustomEvent<Selection>(EVENT, { detail: selection }));
}

export function onSelect(listener: (selection: Selection) => void): void {
  document.addEventListener(EVENT, (event) => listener((event as CustomEvent<Selection>).detail));
}

/** Tells which job is pointed at, or that none is. */
export function point(job: string | undefined): void {
  document.dispatchEvent(new CustomEvent<string | undefined>(POINT, { detail: job }));
}

export function onPoint(listener: (job: string | undefined) => void): void {
  document.addEventListener(POINT, (event) => listener((event as CustomEvent<string | undefined>).detail));
}
