/**
 * Hears what others change, and tells it to the page (changed.ts): by a stream, or by asking every two seconds.
 *
 * The element shows in words how news arrive. A hidden page does not listen; once it is seen again it catches up. The
 * stream is given up when it fails twice or does not open, and taken up again when the server says that it has room.
 */
import { onWatch, tellChanged } from "../changed";
import { keepPartsFresh } from "../live-parts";
import { t } from "../messages";

const ASK_EVERY_MS = 2_000;
const OPEN_WITHIN_MS = 5_000;
// After a stream that failed it is asked so often before another one is tried.
const ASKED_BEFORE_STREAM = 15;

interface News {
  revision: string;
  topics: string[];
  room: boolean;
}

export function mount(element: HTMLElement): void {
  const { stream, now, page } = element.dataset;
  if (!stream || !now) return;
  new Connection(element, stream, now).start();
  if (page) keepPartsFresh(page);
}

class Connection {
  readonly #jobs: Set<string>;
  readonly #shown: Shown;
  #since: string;
  #source: EventSource | null = null;
  #timer = 0;
  #failures = 0;
  #asked = 0;

  constructor(
    element: HTMLElement,
    readonly streamAddress: string,
    readonly nowAddress: string,
  ) {
    this.#since = element.dataset.since ?? "";
    this.#jobs = new Set((new URL(streamAddress, location.href).searchParams.get("jobs") ?? "").split(",").filter(Boolean));
    this.#shown = new Shown(element);
  }

  start(): void {
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#stop() : this.#listen()));
    window.addEventListener("pagehide", () => this.#stop());
    window.addEventListener("online", () => void this.#ask());
    // A stream stands for a while after the network has gone; asking tells at once that there is none.
    window.addEventListener("offline", () => this.#giveUp());
    onWatch((number) => {
      if (this.#jobs.has(number)) return;
      this.#jobs.add(number);
      if (this.#source) this.#listen();
    });
    if (!document.hidden) this.#listen();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #listen(): void {
    this.#stop();
    const source = new EventSource(this.#address(this.streamAddress));
    this.#source = source;
    this.#timer = window.setTimeout(() => this.#giveUp(), OPEN_WITHIN_MS);
    source.onopen = () => {
      clearTimeout(this.#timer);
      this.#failures = 0;
      this.#shown.live();
    };
    source.onerror = () => {
      this.#failures += 1;
      if (source.readyState === EventSource.CLOSED || this.#failures > 1) this.#giveUp();
    };
    source.addEventListener("changed", (event) => {
      this.#since = event.lastEventId;
      this.#tell((JSON.parse(event.data as string) as News).topics);
    });
  }

  #giveUp(): void {
    this.#stop();
    this.#failures = 0;
    this.#asked = 0;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    if (this.#source) return;
    clearTimeout(this.#timer);
    try {
      const answer = await fetch(this.#address(this.nowAddress), { redirect: "manual" });
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return this.#shown.signedOut();
      if (!answer.ok) throw new TypeError(`${answer.status}`);
      const news = (await answer.json()) as News;
      this.#since = news.revision;
      this.#shown.asking();
      this.#tell(news.topics);
      this.#asked += 1;
      if (news.room && this.#asked >= ASKED_BEFORE_STREAM) return this.#listen();
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
      this.#shown.lost();
    }
    if (!document.hidden) this.#timer = window.setTimeout(() => void this.#ask(), ASK_EVERY_MS);
  }

  #tell(topics: string[]): void {
    if (topics.length > 0) tellChanged(topics);
  }

  #address(path: string): string {
    const address = new URL(path, location.href);
    if (this.#jobs.size > 0) address.searchParams.set("jobs", [...this.#jobs].join(","));
    if (this.#since) address.searchParams.set("since", this.#since);
    return address.toString();
  }
}

/** The state of the connection in words; it is read aloud when it gets worse. */
class Shown {
  readonly #words: Element | null;
  readonly #madeAt: number;
  #lostAt = "";

  constructor(readonly element: HTMLElement) {
    this.#words = element.querySelector("[data-words]");
    this.#madeAt = Date.parse(element.dataset.at ?? "") - performance.now();
  }

  live(): void {
    this.#show("live", t("Live"));
  }

  asking(): void {
    this.#show("asking", t("Every 2 seconds"));
  }

  lost(): void {
    this.#lostAt ||= this.#time();
    this.#show("lost", t("No connection since {time}", { time: this.#lostAt }));
  }

  signedOut(): void {
    this.#show("lost", t("You are signed out. Load the page again."));
  }

  #show(state: string, words: string): void {
    this.element.hidden = false;
    if (state !== "lost") this.#lostAt = "";
    this.element.dataset.state = state;
    if (this.#words && this.#words.textContent !== words) this.#words.textContent = words;
  }

  /** By the clock of the firm, which the page's own words use too. */
  #time(): string {
    const zone = this.element.dataset.zone;
    const form = new Intl.DateTimeFormat(document.documentElement.lang, {
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
      ...(zone ? { timeZone: zone } : {}),
    });
    return form.format(new Date(this.#madeAt + performance.now()));
  }
}
