/** Asks something that must be answered before anything is thrown away. */
import { openDialog } from "../dialog";

/** Returns whether the person said yes; closing the question in any other way is a no. */
export async function isSure(title: string, text: string, answers: { yes: string; no: string }): Promise<boolean> {
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.setAttribute("aria-label", title);
  const body = document.createElement("form");
  body.method = "dialog";
  body.className = "dialog-body";
  const heading = document.createElement("h2");
  heading.textContent = title;
  const words = document.createElement("p");
  words.textContent = text;
  body.append(heading, words, choice(answers.no, "", "button thumb"), choice(answers.yes, "yes", "button button-danger thumb"));
  dialog.append(body);
  document.body.append(dialog);
  const answer = await openDialog(dialog);
  dialog.remove();
  return answer === "yes";
}

function choice(words: string, value: string, kind: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.className = kind;
  button.value = value;
  button.textContent = words;
  return button;
}
