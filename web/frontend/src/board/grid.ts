/** The bars of the timeline by keyboard: one of them is reached by the Tab key, the arrows go on from there. */

type Step = (bars: Bars) => HTMLElement | undefined;

class Bars {
  constructor(
    readonly lanes: HTMLElement[][],
    readonly lane: number,
    readonly index: number,
  ) {}

  beside(step: number): HTMLElement | undefined {
    return this.lanes[this.lane]?.[this.index + step];
  }

  edge(last: boolean): HTMLElement | undefined {
    return this.lanes[this.lane]?.at(last ? -1 : 0);
  }

  /** The bar of the next lane that has one, nearest in time. */
  across(step: number): HTMLElement | undefined {
    const here = this.lanes[this.lane]?.[this.index];
    if (!here) return undefined;
    const x = middle(here);
    for (let lane = this.lane + step; lane >= 0 && lane < this.lanes.length; lane += step) {
      const bars = this.lanes[lane] ?? [];
      const nearest = bars.toSorted((one, other) => Math.abs(middle(one) - x) - Math.abs(middle(other) - x))[0];
      if (nearest) return nearest;
    }
    return undefined;
  }
}

const STEPS: Record<string, Step> = {
  ArrowLeft: (bars) => bars.beside(-1),
  ArrowRight: (bars) => bars.beside(1),
  ArrowUp: (bars) => bars.across(-1),
  ArrowDown: (bars) => bars.across(1),
  Home: (bars) => bars.edge(false),
  End: (bars) => bars.edge(true),
};

export class Grid {
  private job = "";

  constructor(readonly board: HTMLElement) {
    this.renew();
    board.addEventListener("keydown", (event) => this.press(event));
    board.addEventListener("focusin", (event) => {
      const bar = (event.target as Element).closest<HTMLElement>(".bar[data-job]");
      if (bar) this.reach(bar);
    });
  }

  /** Lets one bar be reached by Tab: the one that was, or else the first. */
  renew(): void {
    const bars = [...this.board.querySelectorAll<HTMLElement>(".bar[data-job]")];
    for (const bar of bars) bar.tabIndex = -1;
    const reached = bars.find((bar) => bar.dataset.job === this.job) ?? bars[0];
    if (reached) reached.tabIndex = 0;
  }

  follow(job: string | undefined): void {
    const bar = job && this.board.querySelector<HTMLElement>(`.bar[data-job="${CSS.escape(job)}"]`);
    if (bar) this.reach(bar);
  }

  private reach(bar: HTMLElement): void {
    const old = this.board.querySelector<HTMLElement>('.bar[tabindex="0"]');
    if (old) old.tabIndex = -1;
    bar.tabIndex = 0;
    this.job = bar.dataset.job ?? "";
  }

  private press(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    const bar = (event.target as Element).closest<HTMLElement>(".bar[data-job]");
    if (!step || !bar || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    const next = step(this.around(bar));
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  private around(bar: HTMLElement): Bars {
    const rows = [...this.board.querySelectorAll(".timeline tr[data-technician]:not([hidden])")];
    const lanes = rows.map((row) => [...row.querySelectorAll<HTMLElement>(".bar[data-job]")]);
    const lane = lanes.findIndex((bars) => bars.includes(bar));
    return new Bars(lanes, lane, lanes[lane]?.indexOf(bar) ?? -1);
  }
}

function middle(bar: HTMLElement): number {
  return bar.offsetLeft + bar.offsetWidth / 2;
}
