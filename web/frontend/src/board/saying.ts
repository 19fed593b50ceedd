/** Tells people who listen what they cannot see. */

export function say(board: HTMLElement, words: string): void {
  const place = board.querySelector("[data-said]");
  if (place) place.textContent = words;
}
