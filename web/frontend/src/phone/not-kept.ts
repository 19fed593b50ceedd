/** What becomes of a form whose content the phone could not keep. */
import { t } from "../messages";
import type { NotKept } from "./queue";

/** It goes as a plain form, if there is a connection; else the form says why it stays. */
export function postOrTell(form: HTMLFormElement, cause: NotKept): void {
  if (navigator.onLine && cause.message !== "unreadable") {
    form.dataset.plain = "true";
    return form.requestSubmit();
  }
  const told = form.querySelector("[data-told]") ?? document.createElement("p");
  told.className = "error";
  told.setAttribute("data-told", "");
  told.setAttribute("role", "alert");
  told.textContent = why(cause);
  form.append(told);
}

function why(cause: NotKept): string {
  if (cause.message === "unreadable") return t("The file cannot be read any more, so nothing was kept. Choose it again.");
  if (cause.message === "full") return t("The phone's store is full, so this could not be kept. Delete some photos or apps, then press again.");
  return t("The phone could not keep this. What you typed stays here. Press again when you have a signal.");
}
