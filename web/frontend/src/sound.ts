/** Tells by ear and by a flash around the page how a scan went; the words stand on the page besides. */

export type Tone = "good" | "note" | "bad";

const SETTING = "scan-sound";
/** Hertz and seconds, one pair for each beep: high and short is good, low and long is not. */
const BEEPS: Record<Tone, [number, number][]> = {
  good: [[1568, 0.09]],
  note: [[880, 0.12]],
  bad: [[220, 0.22], [196, 0.3]],
};
const PAUSE_SECONDS = 0.06;

let context: AudioContext | undefined;

export function soundIsOn(): boolean {
  try {
    return localStorage.getItem(SETTING) !== "off";
  } catch {
    return true;
  }
}

export function switchSound(on: boolean): void {
  try {
    localStorage.setItem(SETTING, on ? "on" : "off");
  } catch {
    // Private windows refuse storage; the switch then holds for this page only.
  }
}

export function tellByTone(tone: Tone): void {
  const page = document.documentElement;
  delete page.dataset.flash;
  // Reading a measure lets the browser notice that the flash was off, so that it begins anew.
  void page.offsetWidth;
  page.dataset.flash = tone;
  if (soundIsOn()) beep(tone);
  if (tone === "bad") navigator.vibrate?.(200);
}

function beep(tone: Tone): void {
  if (!("AudioContext" in window)) return;
  context ??= new AudioContext();
  void context.resume();
  let start = context.currentTime;
  for (const [hertz, seconds] of BEEPS[tone]) {
    const source = context.createOscillator();
    const volume = context.createGain();
    source.frequency.value = hertz;
    source.type = "square";
    volume.gain.value = 0.08;
    source.connect(volume).connect(context.destination);
    source.start(start);
    source.stop(start + seconds);
    start += seconds + PAUSE_SECONDS;
  }
}
