/** Adds a field above a long list of options that narrows it down to those that contain what is typed. */

export function mount(field: HTMLElement): void {
  const select = field.querySelector("select");
  const label = field.dataset.label;
  if (!select || !label || select.options.length < 9) return;
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = label;
  search.setAttribute("aria-label", label);
  select.before(search);
  const options = [...select.options];
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    // Phones show hidden options all the same, so those that do not fit are taken out of the list.
    const fitting = options.filter((option) => !option.value || option.text.toLocaleLowerCase().includes(wanted));
    show(select, wanted ? fitting : options);
    const only = fitting.filter((option) => option.value);
    if (wanted && only.length === 1 && only[0]) only[0].selected = true;
  });
  // Return in the search must not send the form with a part nobody chose.
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      select.focus();
    }
  });
}

const groupOf = new WeakMap<HTMLOptionElement, HTMLOptGroupElement>();

function show(select: HTMLSelectElement, fitting: HTMLOptionElement[]): void {
  for (const option of select.options) {
    if (option.parentElement instanceof HTMLOptGroupElement) groupOf.set(option, option.parentElement);
  }
  const chosen = select.value;
  for (const option of [...select.options]) option.remove();
  for (const option of fitting) {
    if (option.value) (groupOf.get(option) ?? select).append(option);
    else select.prepend(option);
  }
  for (const group of select.querySelectorAll("optgroup")) group.hidden = group.childElementCount === 0;
  select.value = fitting.some((option) => option.value === chosen) ? chosen : "";
}
