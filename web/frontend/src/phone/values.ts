/** Reads the forms of the phone's pages into what is told to the server; names of fields are those of the plain forms. */
import type { Done, Made } from "./queue";

type Values = Record<string, unknown>;

/** Between codes that were scanned or typed stand blanks, line breaks or commas, 、 too; as web/forms.py reads them. */
const BETWEEN_CODES = /[\s,;，；、]+/;
const OF_A_LINE = /^(serials|damaged-serials|good)-(\d+)$/;

/** What each kind of command takes from its form; a form may stand for several commands. */
const READERS: Record<string, (form: FormData) => Values[]> = {
  set_off: () => [{}],
  arrive: () => [{}],
  use_part: (form) => [{ sku: text(form, "sku"), quantity: whole(form, "quantity"), serials: codes(text(form, "serials")) }],
  take_serials: (form) => [swap(form)],
  complete: (form) => [{ ...swap(form), note: text(form, "note"), signed_by: text(form, "signed_by"), checklist: checklist(form) }],
  cannot_complete: (form) => [
    {
      reason: text(form, "reason"),
      note: text(form, "note"),
      sku: text(form, "sku") || null,
      quantity: whole(form, "quantity"),
      skill: text(form, "skill"),
      level: whole(form, "level"),
    },
  ],
  add_charge: (form) => [
    { kind: text(form, "kind"), quantity: whole(form, "quantity"), sku: text(form, "sku"), reason: text(form, "reason") },
  ],
  correct_times: (form) => [{ arrived_at: text(form, "arrived_at"), ended_at: text(form, "ended_at"), reason: text(form, "reason") }],
  load: (form) => form.getAll("pick_list").map((pickList) => ({ pick_list: Number(pickList), serials: serialsByLine(form) })),
  take_core: (form) => [{ core: whole(form, "core"), serial: text(form, "serial") }],
  leave_core: (form) => [{ core: whole(form, "core"), reason: text(form, "reason") }],
  ask_parts: (form) => [
    { from: text(form, "from"), sku: text(form, "sku"), quantity: whole(form, "quantity"), reason: text(form, "reason") },
  ],
  report_damaged: (form) => [
    { sku: text(form, "sku"), quantity: whole(form, "quantity"), serials: codes(text(form, "serials")), reason: text(form, "reason") },
  ],
  receive_transfer: (form) => [{ transfer: whole(form, "transfer"), lines: arrivedLines(form) }],
  hand_over: (form) => [{ transfer: whole(form, "transfer"), serials: serialsByLine(form) }],
};

/** Whether a form tells something that the phone may keep and send later. */
export function isCommand(form: HTMLFormElement): boolean {
  return (form.dataset.command ?? "") in READERS;
}

/** Returns what a form tells; several commands where it stands for several pick lists. */
export function doneWith(form: HTMLFormElement, user: number): Done[] {
  const action = form.dataset.command ?? "";
  const read = READERS[action];
  if (!read) return [];
  const visit = form.dataset.visit ? Number(form.dataset.visit) : null;
  return read(new FormData(form)).map((values) => ({ user, action, visit, where: placeOf(form), values }));
}

/** Returns the photos, signature and documents that stand in a form of a visit. */
export function filesIn(form: HTMLFormElement, user: number): Made[] {
  const inputs = [...form.querySelectorAll<HTMLInputElement>("input[type=file]")];
  return inputs.flatMap((input) => [...(input.files ?? [])].map(fileOf(form, input, user)));
}

/** Returns what makes of a file what is kept of it; it reads the form now, not when it is called. */
export function fileOf(form: HTMLFormElement, input: HTMLInputElement, user: number): (file: File) => Made {
  const about = {
    user,
    visit: Number(form.dataset.visit),
    where: placeOf(form),
    kind: input.dataset.kind ?? (text(new FormData(form), "kind") || "photo"),
  };
  return (file) => ({ ...about, name: file.name, content: file });
}

function placeOf(form: HTMLFormElement): string {
  return form.closest<HTMLElement>("[data-site]")?.dataset.site ?? "";
}

/** Puts what was told into a form again, so that it can be corrected. */
export function fillAgain(form: HTMLFormElement, told: Values): void {
  const values = byField(told);
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>("input, textarea, select")) {
    const value = values[field.name];
    if (value === undefined || value === null || field.type === "hidden") continue;
    if (field.type === "radio") (field as HTMLInputElement).checked = field.value === value;
    else field.value = Array.isArray(value) ? value.join(" ") : String(value);
  }
  const checked = new Set(((values.checklist as { key: string }[]) ?? []).map((item) => item.key));
  for (const box of form.querySelectorAll<HTMLInputElement>("input[name=check]")) box.checked = checked.has(box.value);
}

/** What was told of single lines, too, by the names of their fields. */
function byField(told: Values): Values {
  const fields = { ...told, ...ofLines("serials", told.serials) };
  for (const { line, good, damaged, remark, serials, damaged_serials } of (told.lines as Values[] | undefined) ?? []) {
    const key = String(line);
    Object.assign(fields, { [`good-${key}`]: good, [`damaged-${key}`]: damaged, [`remark-${key}`]: remark });
    Object.assign(fields, { [`serials-${key}`]: serials, [`damaged-serials-${key}`]: damaged_serials });
  }
  return fields;
}

function ofLines(name: string, told: unknown): Values {
  if (typeof told !== "object" || told === null || Array.isArray(told)) return {};
  return Object.fromEntries(Object.entries(told).map(([line, codes]) => [`${name}-${line}`, codes]));
}

function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}

function whole(form: FormData, name: string): number {
  return Number.parseInt(text(form, name) || "1", 10);
}

function codes(written: string): string[] {
  return written.split(BETWEEN_CODES).filter(Boolean);
}

function swap(form: FormData): Values {
  return { serial_out: text(form, "serial_out"), serial_in: text(form, "serial_in"), model_in: text(form, "model_in") };
}

function checklist(form: FormData): { key: string; done: true }[] {
  return form.getAll("check").map((key) => ({ key: String(key), done: true }));
}

function serialsByLine(form: FormData, wanted = "serials"): Record<string, string[]> {
  const serials: Record<string, string[]> = {};
  for (const [name, written] of form) {
    const [, field, line] = OF_A_LINE.exec(name) ?? [];
    if (field === wanted && line && typeof written === "string" && written.trim()) serials[line] = codes(written);
  }
  return serials;
}

function arrivedLines(form: FormData): Values[] {
  const good = serialsByLine(form);
  const damaged = serialsByLine(form, "damaged-serials");
  return [...form.keys()]
    .map((name) => OF_A_LINE.exec(name))
    .filter((found) => found?.[1] === "good")
    .map((found) => found?.[2] as string)
    .map((line) => ({
      line: Number(line),
      good: whole(form, `good-${line}`),
      damaged: text(form, `damaged-${line}`) ? whole(form, `damaged-${line}`) : 0,
      remark: text(form, `remark-${line}`),
      serials: good[line] ?? [],
      damaged_serials: damaged[line] ?? [],
    }));
}
