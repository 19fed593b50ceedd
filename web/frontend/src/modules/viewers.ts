/**
 * Tells that somebody looks at a job, and whether something unsent is typed there, and shows who else does.
 *
 * A sign is given every ten seconds, at once when typing begins, and when the page is left or the card is closed.
 */
import { onChanged, watchJob } from "../changed";
import { fetchPartial, NotAnswered } from "../partial";
import { fieldsIn, isTyped } from "../typed";

const SIGN_EVERY_MS = 10_000;

export function mount(element: HTMLElement): void {
  const { address, number, token } = element.dataset;
  if (!address || !number || !token) return;
  const viewed = element.closest<HTMLElement>("[data-viewed]") ?? document.body;
  // What listens at the document goes with the element: each job that is looked at brings another one.
  const gone = new AbortController();
  const { signal } = gone;
  let told: boolean | null = null;
  let timer = 0;

  const edits = () => fieldsIn(viewed).some((field) => field.form?.method === "post" && isTyped(field));
  const body = (fields: Record<string, string>) => new URLSearchParams({ csrf_token: token, ...fields });

  const sign = async (): Promise<void> => {
    clearTimeout(timer);
    if (!element.isConnected) {
      gone.abort();
      return leave();
    }
    timer = window.setTimeout(() => void sign(), SIGN_EVERY_MS);
    if (document.hidden) return;
    told = edits();
    try {
      const answer = await fetch(address, { method: "POST", body: body(told ? { edits: "1" } : {}), redirect: "manual" });
      if (answer.ok) show(element, await answer.text());
    } catch (cause) {
      // Without a connection nobody can be told; the connection's own words say so.
      if (!(cause instanceof TypeError)) throw cause;
    }
  };
  const leave = () => {
    clearTimeout(timer);
    if (told !== null) navigator.sendBeacon(address, body({ gone: "1" }));
    told = null;
  };

  const typed = () => {
    if (told !== null && edits() !== told) void sign();
  };
  viewed.addEventListener("input", typed, { signal });
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : void sign()), { signal });
  window.addEventListener("pagehide", leave, { signal });
  onChanged((topics) => {
    if (element.isConnected && topics.includes(`viewers:${number}`)) void refresh(element, address);
  }, signal);
  watchJob(number);
  void sign();
}

async function refresh(element: HTMLElement, address: string): Promise<void> {
  try {
    show(element, await fetchPartial(address));
  } catch (error) {
    if (!(error instanceof NotAnswered)) throw error;
  }
}

/** Put in place only when it differs: it is read aloud. */
function show(element: HTMLElement, html: string): void {
  if (element.innerHTML.trim() !== html.trim()) element.innerHTML = html;
}
