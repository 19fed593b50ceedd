/** Whether the page stands in the dark: by the person's own choice, else by the device's. */

const device = matchMedia("(prefers-color-scheme: dark)");

export function isDark(): boolean {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && device.matches);
}

/** Calls back when it changes; what is drawn on a canvas has to be drawn anew. */
export function onThemeChange(listener: () => void): void {
  device.addEventListener("change", listener);
  new MutationObserver(listener).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

/** The present value of a colour of the design, for what cannot read style sheets. */
export function colour(token: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
