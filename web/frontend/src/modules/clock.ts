/** Keeps the shown time of the demonstration's clock going. */

export function mount(element: HTMLElement): void {
  const shown = element.querySelector("b");
  const start = Date.parse(element.getAttribute("datetime") ?? "");
  if (!shown || Number.isNaN(start)) return;
  const loadedAt = Date.now();
  // The 24-hour clock in every language, as the server writes it.
  const writer = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    timeZone: element.dataset.zone || "UTC",
  });
  setInterval(() => {
    if (!document.hidden) shown.textContent = writer.format(start + Date.now() - loadedAt);
  }, 5000);
}
