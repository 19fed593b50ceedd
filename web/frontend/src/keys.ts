/** Keys without Ctrl: they act only outside of fields, and somebody who speaks to the computer can turn them off. */

const OFF = "single-keys-off";

/** Whether a single key may act now: it was not typed into something, and nobody turned such keys off. */
export function singleKeysAreOn(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  const place = event.target instanceof Element ? event.target : null;
  return !place?.closest("input, select, textarea, [contenteditable], dialog") && !areOff();
}

export function areOff(): boolean {
  try {
    return localStorage.getItem(OFF) !== null;
  } catch {
    return false;
  }
}

export function turn(on: boolean): void {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } catch {
    // A private window forgets it with everything else.
  }
}
