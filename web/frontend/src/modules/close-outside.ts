/** Closes an open menu when somebody clicks elsewhere or presses Escape. */

// Once for all menus, which come and go with the parts of a page.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details[open][data-module~="close-outside"]')) {
    if (!menu.contains(event.target as Node)) menu.open = false;
  }
});

export function mount(element: HTMLElement): void {
  const menu = element as HTMLDetailsElement;
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
}
