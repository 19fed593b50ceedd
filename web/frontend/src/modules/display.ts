/** Changes colours and text size at once, and has the server keep the choice; the page with what is typed in it stays. */
import { t } from "../messages";
import { toast } from "../toast";

const ATTRIBUTE = { theme: "theme", text_size: "text" } as const;
const AS_BY_DEFAULT = new Set(["auto", "normal"]);

export function mount(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement) || !isKnown(button.name)) return;
    event.preventDefault();
    show(ATTRIBUTE[button.name], button.value);
    for (const other of form.querySelectorAll<HTMLButtonElement>(`button[name="${button.name}"]`)) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    void keep(form, new FormData(form, button));
  });
}

function isKnown(name: string): name is keyof typeof ATTRIBUTE {
  return name in ATTRIBUTE;
}

function show(attribute: "theme" | "text", value: string): void {
  const root = document.documentElement;
  if (AS_BY_DEFAULT.has(value)) delete root.dataset[attribute];
  else root.dataset[attribute] = value;
}

async function keep(form: HTMLFormElement, choice: FormData): Promise<void> {
  try {
    // What it answers is the way to the next page, which is this one.
    const answer = await fetch(form.action, { method: "POST", body: choice, redirect: "manual" });
    if (answer.type === "opaqueredirect") return;
  } catch {
    // Told below: here it looks as chosen, elsewhere it would not.
  }
  toast(t("Your choice could not be kept. It holds until you leave this page."), { tone: "refused" });
}
