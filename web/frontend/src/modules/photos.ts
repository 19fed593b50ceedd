/**
 * One tap, one photo: what the camera took is made small and sent, and stands below as a thumbnail.
 *
 * A photo as phones take them has several megabytes, which no basement lets through.
 */
import { t } from "../messages";
import { postOrTell } from "../phone/not-kept";
import { keepFile, NotKept } from "../phone/queue";
import { sendInBackground, sendNow } from "../phone/triggers";
import { fileOf } from "../phone/values";
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
  const user = Number(form.closest<HTMLElement>("[data-person]")?.dataset.person);
  input.addEventListener("change", () => void take(form, input, user, thumbnails, told));
}

/** Not by sending the form: the next photo may come while this one is being kept, or the form be exchanged meanwhile. */
async function take(form: HTMLFormElement, input: HTMLInputElement, user: number, thumbnails: HTMLElement, told: HTMLElement): Promise<void> {
  const taken = [...(input.files ?? [])];
  if (!taken.length) return;
  const asKept = fileOf(form, input, user);
  input.value = "";
  told.textContent = t("The photo is made smaller …");
  const small = await Promise.all(taken.map(shrink));
  told.textContent = "";
  try {
    for (const photo of small) {
      await keepFile(asKept(photo));
      thumbnails.append(thumbnail(photo, thumbnails.childElementCount + 1));
    }
  } catch (cause) {
    if (!(cause instanceof NotKept)) throw cause;
    input.files = listOf(small);
    return postOrTell(form, cause);
  }
  void sendInBackground();
  await sendNow();
}

function listOf(photos: File[]): FileList {
  const files = new DataTransfer();
  for (const photo of photos) files.items.add(photo);
  return files.files;
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
