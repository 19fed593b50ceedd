/**
 * Says that a form is being sent, keeps a second press from sending it again, and says so when there is no connection.
 *
 * The server acts once by the form's id anyway; this spares the wait and the doubt.
 */
import { t } from "../messages";

// A page taken out of the browser's drawer shows steps that were done meanwhile.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

export function mount(page: HTMLElement): void {
  page.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || event.defaultPrevented) return;
    if (!navigator.onLine) {
      event.preventDefault();
      tell(form, t("There is no connection. Nothing was sent; what you typed stays here. Try again when you have a signal."));
    } else if (form.dataset.sending) {
      event.preventDefault();
    } else {
      form.dataset.sending = "true";
      form.querySelector("button")?.setAttribute("aria-busy", "true");
    }
  });
}

function tell(form: HTMLFormElement, sentence: string): void {
  const notice = form.querySelector("[data-told]") ?? document.createElement("p");
  notice.className = "error";
  notice.setAttribute("data-told", "");
  notice.setAttribute("role", "alert");
  notice.textContent = sentence;
  form.append(notice);
}
