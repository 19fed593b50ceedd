/** Reads the codes in a picture. Loaded with the camera only: the program behind it weighs more than all other scripts. */
import { prepareZXingModule, type ReaderOptions, readBarcodes } from "zxing-wasm/reader";
// Served from our own address; the library would fetch it from elsewhere.
import program from "zxing-wasm/reader/zxing_reader.wasm?url";

const OPTIONS: ReaderOptions = {
  formats: ["QRCode", "DataMatrix", "Code128", "Code39", "EAN13", "EAN8", "UPCA", "ITF14"],
  maxNumberOfSymbols: 1,
  tryHarder: true,
};

prepareZXingModule({ overrides: { locateFile: () => program } });

/** Loads the program, so that the first picture need not wait for it. */
export async function makeReady(): Promise<void> {
  await prepareZXingModule({ fireImmediately: true });
}

/** Returns the text of a code in the picture, or null when there is none. */
export async function readCode(picture: ImageData): Promise<string | null> {
  const found = await readBarcodes(picture, OPTIONS);
  return found.find((result) => result.isValid)?.text ?? null;
}
