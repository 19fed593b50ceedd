/**
 * Shows below a field for a part what it offers, while one types: large lines to tap instead of the browser's own list.
 *
 * The choices are those of the field's datalist, which serves where there is no script.
 */
import { t } from "../messages";

// More than these are not read on a phone; who types on sees fewer.
const SHOWN = 8;

interface Choice {
  code: string;
  name: string;
}

export function mount(element: HTMLElement): void {
  if (!(element instanceof HTMLInputElement) || !element.list) return;
  const input = element;
  const choices = [...element.list.querySelectorAll("option")].map((option) => ({ code: option.value, name: option.text }));
  // Two lists that open at once cover each other.
  input.removeAttribute("list");
  const list = document.createElement("ul");
  list.className = "part-choices";
  list.hidden = true;
  const chosen = document.createElement("p");
  chosen.className = "hint";
  chosen.setAttribute("role", "status");
  // A button beside the field stays beside it.
  (input.closest(".scan-line") ?? input).after(chosen, list);

  const show = () => {
    const fitting = matching(choices, input.value);
    list.replaceChildren(...fitting.slice(0, SHOWN).map((choice) => line(choice, () => choose(choice))));
    list.hidden = !fitting.length || isCode(choices, input.value);
    chosen.textContent = told(choices, fitting, input.value);
  };
  const choose = (choice: Choice) => {
    input.value = choice.code;
    // Whoever keeps what is typed listens for this.
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  };
  input.addEventListener("input", show);
  // On leaving the field the lines must stay what they are: one of them is being pressed.
  input.addEventListener("change", () => {
    chosen.textContent = told(choices, matching(choices, input.value), input.value);
  });
  input.addEventListener("focus", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") list.querySelector("button")?.focus();
    else if (event.key === "Escape") list.hidden = true;
    else return;
    event.preventDefault();
  });
}

function matching(choices: Choice[], typed: string): Choice[] {
  const words = typed.trim().toLocaleLowerCase().split(/\s+/);
  return choices.filter(({ code, name }) => words.every((word) => `${code} ${name}`.toLocaleLowerCase().includes(word)));
}

function isCode(choices: Choice[], typed: string): boolean {
  return choices.some((choice) => choice.code === typed.trim());
}

/** A code that is none of the choices may still be a barcode or a serial number, which the server knows. */
function told(choices: Choice[], fitting: Choice[], typed: string): string {
  const choice = choices.find(({ code }) => code === typed.trim());
  if (choice) return choice.name;
  if (!typed.trim() || fitting.length) return "";
  return t("No part is called that. A serial number or a barcode is looked up when you send it.");
}

function line({ code, name }: Choice, choose: () => void): HTMLLIElement {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  const number = document.createElement("span");
  number.className = "muted";
  number.textContent = code;
  button.append(name, number);
  button.addEventListener("click", choose);
  button.addEventListener("keydown", walk);
  item.append(button);
  return item;
}

function walk(event: KeyboardEvent): void {
  const item = (event.currentTarget as HTMLElement).parentElement;
  const beside = event.key === "ArrowDown" ? item?.nextElementSibling : event.key === "ArrowUp" ? item?.previousElementSibling : null;
  const button = beside?.querySelector("button");
  if (!button) return;
  event.preventDefault();
  button.focus();
}
