/** What others changed while the page is open, told to every module by topic: "plan", "jobs", "job:J-1", … */

const EVENT = "wrenchway:changed";
const WATCH = "wrenchway:watch";
const FREE = "wrenchway:free";

export interface Changed {
  topics: string[];
}

export function tellChanged(topics: string[]): void {
  document.dispatchEvent(new CustomEvent<Changed>(EVENT, { detail: { topics } }));
}

/** Listens until the signal is given, if there is one: what leaves the page must not be told for ever. */
export function onChanged(listener: (topics: string[]) => void, signal?: AbortSignal): void {
  document.addEventListener(EVENT, (event) => listener((event as CustomEvent<Changed>).detail.topics), signal ? { signal } : {});
}

/** Tells that what kept news from being shown is over: something was carried over the page, or a word was being composed. */
export function tellFree(): void {
  document.dispatchEvent(new Event(FREE));
}

export function onFree(listener: () => void): void {
  document.addEventListener(FREE, listener);
}

/** Asks to be told of a job too that was chosen only now. */
export function watchJob(number: string): void {
  document.dispatchEvent(new CustomEvent<string>(WATCH, { detail: number }));
}

export function onWatch(listener: (number: string) => void): void {
  document.addEventListener(WATCH, (event) => listener((event as CustomEvent<string>).detail));
}
