/**
 * Counts what is scanned into the rows of a form: one more piece, or one more serial number, in the row of its part.
 *
 * Bound to the element around the scan field and the form. A row has data-tally-row with the SKU and the barcode of its
 * part, and data-expected unless whoever counts must not know. Which part another code stands for is asked of the
 * server. A number that is typed after a scan says how many there are; an unknown code after the label of a part with
 * serial numbers is a new number of it.
 */
import { t } from "../messages";
import { onScan } from "../scanning";
import { tellByTone, type Tone } from "../sound";

interface Label {
  sku?: string;
  number?: string;
  told?: string;
}

/** Nobody could say what a code stands for: why, and what to do. */
class NotKnown extends Error {}

type Field = HTMLInputElement | HTMLTextAreaElement;

const ICONS: Record<Tone, string> = { good: "check", note: "info", bad: "late" };
const NOTICES: Record<Tone, string> = { good: "done", note: "note", bad: "refused" };
const A_COUNT = /^\d{1,4}$/;

export function mount(page: HTMLElement): void {
  if (page.querySelector("[data-tally-row]")) new Tally(page).begin();
}

class Row {
  constructor(readonly element: HTMLElement) {}

  get sku(): string {
    return this.element.dataset.sku ?? "";
  }

  get isTracked(): boolean {
    return "tracked" in this.element.dataset;
  }

  get expected(): number | null {
    return this.element.dataset.expected === undefined ? null : Number(this.element.dataset.expected);
  }

  get good(): number {
    return this.#pieces("good");
  }

  get damaged(): number {
    return this.#pieces("damaged");
  }

  get counted(): number {
    return this.good + this.damaged;
  }

  get isTouched(): boolean {
    return this.fields().some((field) => field.value !== field.defaultValue);
  }

  isCalled(code: string): boolean {
    return code === this.sku || (code !== "" && code === this.element.dataset.barcode);
  }

  fields(): Field[] {
    return [...this.element.querySelectorAll<Field>("input[type=number], textarea")];
  }

  field(kind: string): Field | null {
    return this.element.querySelector<Field>(`[data-tally-${kind}]`);
  }

  /** The numbers of its pieces, good and damaged ones. */
  numbers(kind = ""): string[] {
    const kinds = kind ? [kind] : ["good", "damaged"];
    return kinds.flatMap((one) => (this.field(`${one}-numbers`)?.value ?? "").split(/[\s,;]+/).filter(Boolean));
  }

  #pieces(kind: string): number {
    return this.isTracked && this.field(`${kind}-numbers`) ? this.numbers(kind).length : Number(this.field(kind)?.value ?? 0);
  }
}

class Tally {
  readonly #rows: Row[];
  readonly #known = new Map<string, Label>();
  #current: Row | undefined;
  #undo: (() => void)[] = [];
  /** What was scanned or pressed last, behind all that came before it. */
  #turn: Promise<void> = Promise.resolve();
  #behind = 0;

  constructor(readonly page: HTMLElement) {
    this.#rows = [...page.querySelectorAll<HTMLElement>("[data-tally-row]")].map((element) => new Row(element));
  }

  begin(): void {
    onScan(this.page, (code) => {
      this.#inTurn(() => this.#take(code));
      return true;
    });
    this.page.addEventListener("submit", (event) => this.#holdBack(event), { capture: true });
    this.page.addEventListener("input", () => this.#show());
    this.#button("undo")?.addEventListener("click", () => this.#inTurn(() => this.#takeBack()));
    this.#button("damaged")?.addEventListener("click", (event) => {
      const button = event.currentTarget as HTMLElement;
      this.#inTurn(() => button.setAttribute("aria-pressed", String(!this.#isDamaged())));
    });
    this.#show();
  }

  /** Lets each scan and each command wait for the one before it, which may still be asking the server what it means. */
  #inTurn(act: () => void | Promise<void>): void {
    this.#behind += 1;
    // What failed was reported when it did; what comes after it counts all the same.
    const before = this.#turn.catch(() => undefined);
    this.#turn = before.then(act).finally(() => (this.#behind -= 1));
  }

  /** What is counted is sent when the last scan is in it. */
  #holdBack(event: SubmitEvent): void {
    const form = event.target;
    if (this.#behind === 0 || !(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    event.stopPropagation();
    void this.#turn.then(() => form.requestSubmit(event.submitter));
  }

  async #take(code: string): Promise<void> {
    if (A_COUNT.test(code) && this.#current && !this.#current.isTracked) return this.#set(this.#current, Number(code));
    try {
      this.#takeLabel(code, await this.#label(code));
    } catch (cause) {
      if (!(cause instanceof NotKnown)) throw cause;
      this.#tell("bad", cause.message);
    }
  }

  #takeLabel(code: string, label: Label): void {
    const row = this.#rows.find((one) => one.sku === label.sku);
    if (row) this.#count(row, label.number ?? "");
    else if (!label.sku && this.#current?.isTracked) this.#count(this.#current, code);
    else if (label.sku) this.#tell("bad", t("{sku} is not on this list. Put it aside.", { sku: label.sku }));
    else this.#tell("bad", label.told ?? code);
  }

  /** Says what a code stands for: by the rows, by what was asked before, or by the server; throws NotKnown. */
  async #label(code: string): Promise<Label> {
    const called = this.#rows.find((row) => row.isCalled(code));
    if (called) return { sku: called.sku };
    const known = this.#known.get(code) ?? (await ask(code));
    this.#known.set(code, known);
    return known;
  }

  #count(row: Row, number: string): void {
    this.#choose(row);
    if (!row.isTracked) return this.#add(row);
    if (!number) return this.#tell("note", t("{sku}: now scan the number of each piece.", { sku: row.sku }));
    if (row.numbers().includes(number)) return this.#tell("note", t("{number} is counted already.", { number }));
    const kind = this.#kind();
    const field = row.field(`${kind}-numbers`) ?? row.field("good-numbers");
    if (!field) return this.#add(row);
    this.#write(field, [field.value.trim(), number].filter(Boolean).join("\n"));
    this.#tellCount(row);
  }

  #add(row: Row): void {
    this.#beginFromNothing();
    const field = row.field(this.#kind()) ?? row.field("good");
    if (field) this.#write(field, String(Number(field.value) + 1));
    this.#tellCount(row);
  }

  #set(row: Row, pieces: number): void {
    const field = row.field(this.#kind()) ?? row.field("good");
    if (field) this.#write(field, String(pieces));
    this.#tellCount(row);
  }

  /** Rows that were filled in as announced count from nothing as soon as somebody scans. */
  #beginFromNothing(): void {
    if (this.#undo.length > 0 || this.#rows.some((row) => row.isTouched)) return;
    for (const row of this.#rows) {
      const field = row.field("good");
      if (field && Number(field.value) > 0) field.value = "0";
    }
  }

  #write(field: Field, value: string): void {
    const before = field.value;
    this.#undo.push(() => {
      field.value = before;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #takeBack(): void {
    this.#undo.pop()?.();
    this.#tell("note", t("The last scan is taken back."));
    this.#show();
  }

  #choose(row: Row): void {
    this.#current?.element.removeAttribute("data-tally-current");
    this.#current = row;
    row.element.setAttribute("data-tally-current", "");
    row.element.scrollIntoView({ block: "center", behavior: "instant" });
  }

  #tellCount(row: Row): void {
    const facts = { sku: row.sku, counted: row.counted, expected: row.expected ?? 0 };
    if (row.expected === null) this.#tell("good", t("{sku}: {counted} counted.", facts));
    else if (row.counted > row.expected) this.#tell("note", t("{sku}: {counted} of {expected}, more than there should be.", facts));
    else this.#tell("good", t("{sku}: {counted} of {expected}.", facts));
  }

  #tell(tone: Tone, sentence: string): void {
    const place = this.page.querySelector("[data-told-here]");
    const notice = document.createElement("div");
    notice.className = `notice notice-${NOTICES[tone]}`;
    notice.setAttribute("role", tone === "bad" ? "alert" : "status");
    notice.innerHTML = `<svg class="icon" aria-hidden="true"><use href="#i-${ICONS[tone]}"></use></svg><div class="notice-text"></div>`;
    notice.lastElementChild?.append(sentence);
    place?.replaceChildren(notice);
    tellByTone(tone);
  }

  /** Writes into every row how it stands, and above the rows what is left to do. */
  #show(): void {
    for (const row of this.#rows) this.#showRow(row);
    const pieces = this.#rows.reduce((sum, row) => sum + row.counted, 0);
    const open = this.#rows.filter((row) => row.expected !== null && row.counted < row.expected).length;
    const sum = this.page.querySelector("[data-tally-sum]");
    const text = t("{pieces} pieces counted", { pieces });
    const isBlind = this.#rows.every((row) => row.expected === null);
    const left = isBlind ? "" : open ? t("{open} lines are not complete", { open }) : t("every line is complete");
    if (sum) sum.textContent = left ? `${text} · ${left}` : text;
    const undo = this.#button("undo");
    if (undo) undo.disabled = this.#undo.length === 0;
  }

  #showRow(row: Row): void {
    const [state, over] = ["[data-tally-state]", "[data-tally-over]"].map((name) => row.element.querySelector<HTMLElement>(name));
    if (over) over.hidden = row.expected === null || row.counted <= row.expected;
    if (!state || row.expected === null) return;
    const difference = row.counted - row.expected;
    state.dataset.tallyState = difference === 0 ? "whole" : difference > 0 ? "over" : "short";
    state.textContent =
      difference === 0 ? t("complete") : difference > 0 ? t("{pieces} too many", { pieces: difference }) : t("{pieces} missing", { pieces: -difference });
  }

  #kind(): "good" | "damaged" {
    return this.#isDamaged() ? "damaged" : "good";
  }

  #isDamaged(): boolean {
    return this.#button("damaged")?.getAttribute("aria-pressed") === "true";
  }

  #button(name: string): HTMLButtonElement | null {
    return this.page.querySelector<HTMLButtonElement>(`[data-tally-${name}]:is(button)`);
  }
}

async function ask(code: string): Promise<Label> {
  let answer: Response;
  try {
    answer = await fetch(`/warehouse/label?${new URLSearchParams({ code })}`, { headers: { Accept: "application/json" } });
  } catch {
    throw new NotKnown(t("There is no connection, and {code} is not known on this page. Scan it again later.", { code }));
  }
  const isSignIn = new URL(answer.url).pathname === "/login";
  if (isSignIn || answer.status === 401) throw new NotKnown(t("You are signed out. Sign in again in another window, then scan {code} again.", { code }));
  if (!answer.ok) throw new NotKnown(t("The server cannot say what {code} is at the moment. Scan it again later.", { code }));
  return (await answer.json()) as Label;
}
