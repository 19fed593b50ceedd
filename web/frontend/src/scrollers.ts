/** Lets the keyboard into tables that are wider than their place: they can be focused, and then scrolled by arrows. */

const watching = new ResizeObserver((entries) => {
  for (const { target } of entries) update(target as HTMLElement);
});

/** Watches every scrolling place below an element. */
export function watchScrollers(root: ParentNode): void {
  for (const place of root.querySelectorAll<HTMLElement>(".table-scroll")) {
    update(place);
    watching.observe(place);
  }
}

/** One that fits stays out of the way of the Tab key. */
function update(place: HTMLElement): void {
  const overflows = place.scrollWidth > place.clientWidth + 1;
  if (overflows === "scrolls" in place.dataset) return;
  if (!overflows) {
    delete place.dataset.scrolls;
    for (const name of ["tabindex", "role", "aria-label"]) place.removeAttribute(name);
  } else if (!place.hasAttribute("tabindex")) {
    place.dataset.scrolls = "";
    place.tabIndex = 0;
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", nameOf(place));
  }
}

function nameOf(place: HTMLElement): string {
  const caption = place.querySelector("caption")?.textContent;
  const heading = place.closest("section, main")?.querySelector("h1, h2, h3")?.textContent;
  return (caption || heading || document.title).trim();
}
