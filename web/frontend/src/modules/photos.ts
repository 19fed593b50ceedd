/**
 * One tap, one photo: what the camera took is made small and sent, and stands below as a thumbnail.
 *
 * A photo as phones take them has several megabytes, which no basement lets through.
 */
import { t } from "../messages";
import { shrink } from "../shrink";

export function mount(element: HTMLElement): void {
  const input = element.querySelector<HTMLInputElement>('input[type="file"]');
  if (!(element instanceof HTMLFormElement) || !input) return;
  const form = element;
  form.classList.add("photos-by-tap");
  const thumbnails = document.createElement("ul");
  thumbnails.className = "thumbnails";
  const told = document.createElement("p");
  told.className = "hint";
  told.setAttribute("role", "status");
  form.append(thumbnails, told);
  input.addEventListener("change", () => void send(form, input, thumbnails, told));
}

async function send(form: HTMLFormElement, input: HTMLInputElement, thumbnails: HTMLElement, told: HTMLElement): Promise<void> {
  const taken = [...(input.files ?? [])];
  if (!taken.length) return;
  told.textContent = t("The photo is made smaller …");
  const small = await Promise.all(taken.map(shrink));
  const files = new DataTransfer();
  for (const photo of small) {
    files.items.add(photo);
    thumbnails.append(thumbnail(photo, thumbnails.childElementCount + 1));
  }
  input.files = files.files;
  told.textContent = "";
  form.requestSubmit();
}

function thumbnail(photo: File, number: number): HTMLLIElement {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.src = URL.createObjectURL(photo);
  image.alt = t("Photo {number}", { number });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
  item.append(image);
  return item;
}
