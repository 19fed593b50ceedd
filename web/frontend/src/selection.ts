/** What is selected on the board, told to every view. */

export interface Selection {
  job?: string;
  technician?: string;
}

const EVENT = "wrenchway:select";

export function select(selection: Selection): void {
  document.dispatchEvent(new CustomEvent<Selection>(EVENT, { detail: selection }));
}

export function onSelect(listener: (selection: Selection) => void): void {
  document.addEventListener(EVENT, (event) => listener((event as CustomEvent<Selection>).detail));
}
