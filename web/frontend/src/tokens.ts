/** The token that tells the server that a form is ours: one for each session, in every form of a page. */

const FIELDS = "input[name=csrf_token]";

export function tokenIn(page: Document): string {
  return page.querySelector<HTMLInputElement>(FIELDS)?.value ?? "";
}

/** Lets the forms of this page take over the token of one that was made later. */
export function takeTokenOf(made: Document): void {
  const token = tokenIn(made);
  if (!token) return;
  for (const field of document.querySelectorAll<HTMLInputElement>(FIELDS)) field.value = token;
}
