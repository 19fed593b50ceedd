/** Fetches a part of a page that the server rendered. */
import { t } from "./messages";

/** There is no part: the server refused it, is gone, or wants a sign-in first. */
export class NotAnswered extends Error {
  /** status: what the server answered, 0 if it did not; shown: what it says about it, as markup to be put in the place. */
  constructor(
    message: string,
    readonly status = 0,
    readonly shown = "",
  ) {
    super(message);
  }
}

/** Returns the part, or throws NotAnswered; what is to be sent along makes it a question by POST. */
export async function fetchPartial(address: string, signal?: AbortSignal, sent?: FormData): Promise<string> {
  let response: Response;
  try {
    response = await fetch(address, {
      headers: { Accept: "text/html", "X-Part": "1" },
      redirect: "manual",
      ...(signal ? { signal } : {}),
      ...(sent ? { method: "POST", body: sent } : {}),
    });
  } catch (cause) {
    throw new NotAnswered(String(cause));
  }
  if (response.ok) return response.text();
  const isPart = response.status > 0 && (response.headers.get("Content-Type") ?? "").startsWith("text/html");
  throw new NotAnswered(`${response.status} ${address}`, response.status, isPart ? await response.text() : "");
}

/** Says in the place of a part that it could not be fetched, with a button that tries again. */
export function showFailure(place: HTMLElement, cause: NotAnswered, again: () => void): void {
  if (cause.shown) {
    place.innerHTML = cause.shown;
    return;
  }
  const sentence = document.createElement("p");
  sentence.setAttribute("role", "alert");
  sentence.textContent = t("There is no connection to the server. What else you see still holds.");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button";
  button.textContent = t("Try again");
  button.addEventListener("click", again);
  const empty = document.createElement("div");
  empty.className = "empty";
  empty.append(sentence, button);
  place.replaceChildren(empty);
}
