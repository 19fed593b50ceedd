/** Makes photos small enough for a weak signal, and sharp enough to read a serial number on them. */

const LONGEST_SIDE = 1600;
const QUALITY = 0.82;

/** Returns the photo as a JPEG whose longer side has at most 1600 points; as it is where the browser cannot read it. */
export async function shrink(photo: File): Promise<File> {
  let picture: ImageBitmap;
  try {
    // Cameras note how the phone was held beside the picture; it is turned upright once and for all.
    picture = await createImageBitmap(photo, { imageOrientation: "from-image" });
  } catch {
    return photo;
  }
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  // A small picture that was a JPEG already may grow.
  if (!made || (scale === 1 && photo.type === "image/jpeg" && made.size >= photo.size)) return photo;
  return new File([made], `${photo.name.replace(/\.\w+$/, "") || "photo"}.jpg`, { type: "image/jpeg" });
}
