/** Tells a hand scanner, which types like a keyboard, from a person: by the pace of the keys. */

/** Scanners send a key every 1 to 40 ms; nobody types four keys and Enter at that pace. */
const SLOWEST_SCANNER_MS = 50;
const SHORTEST_CODE = 3;
const ENDS = ["Enter", "Tab"];

export interface Keystroke {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  timeStamp: number;
}

export class Wedge {
  #text = "";
  #last = Number.NEGATIVE_INFINITY;

  /** Whether the keys so far came at a scanner's pace: two of them at least. */
  get isFast(): boolean {
    return this.#text.length > 1;
  }

  /** Whether this key would be the first of a code. */
  begins(stroke: Keystroke): boolean {
    return this.#text === "" || this.#isPaused(stroke);
  }

  /** Takes a key; returns the code that it ends, or null. */
  take(stroke: Keystroke): string | null {
    // Shift comes before every capital letter and says nothing about the pace.
    if (["Shift", "Control", "Alt", "AltGraph", "CapsLock"].includes(stroke.key)) return null;
    if (this.#isPaused(stroke)) this.#text = "";
    this.#last = stroke.timeStamp;
    if (ENDS.includes(stroke.key)) return this.#end();
    this.#text = stroke.key.length === 1 ? this.#text + printed(stroke) : "";
    return null;
  }

  #isPaused(stroke: Keystroke): boolean {
    return stroke.timeStamp - this.#last > SLOWEST_SCANNER_MS;
  }

  #end(): string | null {
    const code = this.#text;
    this.#text = "";
    return code.trim().length >= SHORTEST_CODE ? code : null;
  }
}

/** Between two facts of a GS1 code scanners send the group separator, which keyboards type as Ctrl and a bracket. */
function printed(stroke: Keystroke): string {
  if (stroke.ctrlKey && !stroke.altKey) return stroke.key === "]" ? "\u001d" : "";
  return stroke.metaKey ? "" : stroke.key;
}
