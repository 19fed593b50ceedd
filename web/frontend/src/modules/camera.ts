/**
 * A button that reads codes with the camera into the field that data-scan-into names.
 *
 * It closes at the first code; with data-camera-stays it goes on until somebody closes it, and reads a code again only
 * after it was out of sight. Where there is no camera it says so, and what to do instead.
 */
import { t } from "../messages";
import { deliver } from "../scanning";
import { tellByTone } from "../sound";

/** Pictures are read this wide: enough for bars across half of it, and quick on an old phone. */
const WIDTH = 960;
const PAUSE_MS = 80;
/** A code that was out of sight for so many pictures may be read again. */
const PICTURES_WITHOUT = 6;

export function mount(button: HTMLElement): void {
  button.hidden = false;
  button.addEventListener("click", () => {
    const field = document.querySelector<HTMLInputElement | HTMLTextAreaElement>(button.dataset.scanInto ?? "");
    if (field) void new Viewfinder(field, button).open();
  });
}

class Viewfinder {
  readonly #dialog = document.createElement("dialog");
  readonly #video = document.createElement("video");
  readonly #told = document.createElement("p");
  readonly #light = made("button", t("Light"));
  readonly #stays: boolean;
  #stream: MediaStream | undefined;
  #last = "";
  #without = 0;

  constructor(
    readonly field: HTMLInputElement | HTMLTextAreaElement,
    readonly opener: HTMLElement,
  ) {
    this.#stays = "cameraStays" in opener.dataset;
    this.#build();
  }

  async open(): Promise<void> {
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    this.#say(t("The camera starts …"));
    try {
      const decoder = import("../decode");
      this.#stream = await askForCamera();
      // Somebody may have closed the dialog while the browser asked.
      if (!this.#dialog.open) return this.#stop();
      this.#video.srcObject = this.#stream;
      await this.#video.play();
      this.#offerLight();
      this.#say(t("Hold the code into the frame."));
      await this.#watch(await decoder);
    } catch (cause) {
      if (!this.#dialog.open) return;
      this.#dialog.dataset.state = "failed";
      this.#say(why(cause));
    }
  }

  #build(): void {
    this.#dialog.className = "viewfinder";
    this.#dialog.setAttribute("aria-label", t("Scan with the camera"));
    this.#video.playsInline = this.#video.muted = true;
    this.#told.setAttribute("role", "status");
    this.#light.hidden = true;
    const close = made("button", t("Close"));
    close.classList.add("button-main");
    close.addEventListener("click", () => this.#dialog.close());
    const frame = made("div", "");
    frame.className = "viewfinder-frame";
    frame.append(this.#video);
    const buttons = made("p", "");
    buttons.className = "actions";
    buttons.append(close, this.#light);
    this.#dialog.append(frame, this.#told, buttons);
    this.#dialog.addEventListener("close", () => this.#stop());
  }

  #say(sentence: string): void {
    this.#told.textContent = sentence;
  }

  #stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#dialog.remove();
    this.opener.focus();
  }

  async #watch(decoder: typeof import("../decode")): Promise<void> {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    while (this.#dialog.open && pen) {
      const code = this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? await this.#read(decoder, canvas, pen) : null;
      if (code && this.#dialog.open) this.#hit(code);
      await new Promise((go) => setTimeout(go, PAUSE_MS));
    }
  }

  async #read(decoder: typeof import("../decode"), canvas: HTMLCanvasElement, pen: CanvasRenderingContext2D): Promise<string | null> {
    canvas.width = Math.min(WIDTH, this.#video.videoWidth);
    canvas.height = Math.round((this.#video.videoHeight / this.#video.videoWidth) * canvas.width);
    pen.drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    const code = await decoder.readCode(pen.getImageData(0, 0, canvas.width, canvas.height));
    if (code !== null && code === this.#last) {
      this.#without = 0;
      return null;
    }
    if (code === null && ++this.#without >= PICTURES_WITHOUT) this.#last = "";
    return code;
  }

  #hit(code: string): void {
    this.#last = code;
    this.#without = 0;
    if (this.#stays) this.#say(t("Read: {code}", { code }));
    else this.#dialog.close();
    // Whoever takes the code tells by ear what becomes of it; a field that only keeps it does not.
    if (!("scanSend" in this.field.dataset) && !this.#stays) tellByTone("good");
    deliver(this.field, code);
  }

  #offerLight(): void {
    const [track] = this.#stream?.getVideoTracks() ?? [];
    // The types of the browser do not know the lamp yet.
    const offered = track?.getCapabilities?.() as { torch?: boolean } | undefined;
    if (!track || !offered?.torch) return;
    this.#light.hidden = false;
    this.#light.setAttribute("aria-pressed", "false");
    this.#light.addEventListener("click", () => {
      const on = this.#light.getAttribute("aria-pressed") !== "true";
      this.#light.setAttribute("aria-pressed", String(on));
      void track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
    });
  }
}

function made<Name extends "button" | "div" | "p">(name: Name, text: string): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  element.textContent = text;
  if (element instanceof HTMLButtonElement) element.type = "button";
  if (name === "button") element.className = "button";
  return element;
}

async function askForCamera(): Promise<MediaStream> {
  // Browsers hide the camera from pages that came over an open connection.
  if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } },
    audio: false,
  });
}

/** Says what is in the way and how to go on without the camera. */
function why(cause: unknown): string {
  const name = cause instanceof DOMException ? cause.name : "";
  if (name === "NotAllowedError") return t("This page may not use the camera. Allow it in the settings of the browser, or type what the label says.");
  if (name === "SecurityError") return t("The camera works only over a secure address (https). Type what the label says, or use a hand scanner.");
  if (["NotFoundError", "OverconstrainedError", "DevicesNotFoundError"].includes(name)) return t("This device has no camera. Type what the label says, or use a hand scanner.");
  if (name === "NotReadableError") return t("Another program uses the camera. Close it and try again, or type what the label says.");
  return t("The camera could not be started. Type what the label says, or use a hand scanner.");
}
