/**
 * Tells the second tap of one finger from a tap that is meant.
 *
 * After a step the next one stands where the last one was: a finger that trembles would tell both.
 */

/** Nobody reads what came and decides about it in so short a time. */
const AGAIN_MS = 700;
/** About the width of a thumb. */
const NEAR_PX = 48;

export interface Tap {
  x: number;
  y: number;
  at: number;
}

let tapped: Tap | undefined;
let answered: Tap | undefined;

export function watchTaps(page: HTMLElement): void {
  const note = (event: MouseEvent) => {
    // Keys and scripts press a button at no place.
    tapped = event.detail > 0 ? { x: event.clientX, y: event.clientY, at: event.timeStamp } : undefined;
    if (!isSecond(tapped)) answered = undefined;
  };
  page.addEventListener("click", note, { capture: true });
}

/** Returns the tap that leads to what happens now, once. */
export function takeTap(): Tap | undefined {
  const tap = tapped;
  tapped = undefined;
  return tap;
}

/** The page shows now what a tap led to. */
export function noteAnswered(tap: Tap | undefined): void {
  answered = tap && { ...tap, at: performance.now() };
}

export function isSecond(tap: Tap | undefined): boolean {
  if (!tap || !answered) return false;
  return tap.at - answered.at < AGAIN_MS && Math.hypot(tap.x - answered.x, tap.y - answered.y) < NEAR_PX;
}
