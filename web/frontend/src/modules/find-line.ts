/** Adds a field above long lists that leaves only the lines which contain what is typed, with their headings. */
import { t } from "../messages";

// Shorter lists are read faster than searched.
const LONG = 8;

export function mount(section: HTMLElement): void {
  const lines = [...section.querySelectorAll<HTMLElement>("li")];
  const label = section.dataset.label;
  if (!label || lines.length < LONG) return;
  const search = document.createElement("input");
  search.type = "search";
  search.className = "find-line";
  search.placeholder = label;
  search.setAttribute("aria-label", label);
  const told = document.createElement("p");
  told.className = "hint card-foot";
  told.setAttribute("role", "status");
  section.querySelector("h2")?.after(search, told);
  search.addEventListener("input", () => {
    const words = search.value.trim().toLocaleLowerCase().split(/\s+/);
    for (const line of lines) {
      const text = line.textContent?.toLocaleLowerCase() ?? "";
      line.hidden = !words.every((word) => text.includes(word));
    }
    for (const list of section.querySelectorAll<HTMLElement>("ul")) {
      const hidden = !list.querySelector("li:not([hidden])");
      list.hidden = hidden;
      if (list.previousElementSibling?.matches("h3")) (list.previousElementSibling as HTMLElement).hidden = hidden;
    }
    told.textContent = lines.every((line) => line.hidden) ? t("Nothing here is called that.") : "";
  });
}
