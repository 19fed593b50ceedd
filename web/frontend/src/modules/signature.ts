/**
 * A field to sign in with a finger. What is drawn goes as a picture with the form around it; until then it is kept on
 * this device, as no customer likes to sign twice.
 *
 * Bound to the fold that holds it, so that what draws is loaded only when somebody signs.
 */
import type SignaturePad from "signature_pad";
import type { PointGroup } from "signature_pad";
import { drawingOf, dropDrawing, keepDrawing } from "../drafts";

// Dark on white in every theme: it is printed.
const INK = "#101820";
const PAPER = "#ffffff";

export function mount(element: HTMLElement): void {
  const canvas = element.querySelector("canvas");
  const file = element.querySelector<HTMLInputElement>('input[type="file"]');
  const clear = element.querySelector<HTMLButtonElement>("[data-clear]");
  const form = file?.form;
  if (!(element instanceof HTMLDetailsElement) || !canvas || !file || !clear || !form) return;
  const fold = element;
  for (const part of fold.querySelectorAll<HTMLElement>("[data-pad]")) part.hidden = false;
  let opening: Promise<SignaturePad> | undefined;
  const open = () => {
    if (fold.open) opening ??= begin(canvas, form, file, clear);
  };
  fold.addEventListener("toggle", open);
  if (drawingOf(form)) fold.open = true;
  open();
}

async function begin(
  canvas: HTMLCanvasElement,
  form: HTMLFormElement,
  file: HTMLInputElement,
  clear: HTMLButtonElement,
): Promise<SignaturePad> {
  const { default: Pad } = await import("signature_pad");
  const pad = new Pad(canvas, { penColor: INK, backgroundColor: PAPER });
  fit(canvas, pad);
  const drawn = drawingOf<PointGroup[]>(form);
  if (drawn) {
    pad.fromData(drawn);
    await keep(canvas, file);
  }
  pad.addEventListener("endStroke", () => {
    keepDrawing(form, pad.toData());
    void keep(canvas, file);
  });
  clear.addEventListener("click", () => {
    pad.clear();
    dropDrawing(form);
    file.files = new DataTransfer().files;
  });
  // Turning the phone changes the width; what was drawn is drawn again.
  new ResizeObserver(() => fit(canvas, pad)).observe(canvas);
  canvas.dataset.ready = "true";
  return pad;
}

/** The canvas has as many points as the screen shows, else lines are blurred. */
function fit(canvas: HTMLCanvasElement, pad: SignaturePad): void {
  const ratio = Math.max(window.devicePixelRatio, 1);
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (!width || (canvas.width === width && canvas.height === height)) return;
  const drawn = pad.toData();
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d")?.scale(ratio, ratio);
  pad.clear();
  pad.fromData(drawn);
}

async function keep(canvas: HTMLCanvasElement, file: HTMLInputElement): Promise<void> {
  const picture = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!picture) return;
  const files = new DataTransfer();
  files.items.add(new File([picture], "signature.png", { type: "image/png" }));
  file.files = files.files;
}
