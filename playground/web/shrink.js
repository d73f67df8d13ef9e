// Smaller copies of pictures that are too large for the server of the page, upright as the browser shows them.
const QUALITY = 0.9; // quality of a JPEG

// Returns the file itself or a smaller copy. picture: its ImageBitmap, null if the browser cannot decode it.
async function shrink(file, picture) {
  const { bytes, side: most } = settings;
  if (!picture || (file.size <= bytes && picture.width * picture.height <= most * most)) return file;
  const format = file.type === "image/jpeg" ? file.type : "image/png"; // PNG keeps transparency
  let side = Math.min(most, Math.max(picture.width, picture.height));
  let copy = await scaled(picture, side, format);
  while (copy.size > bytes) copy = await scaled(picture, (side /= 2), format);
  return copy;
}

function scaled(picture, side, format) {
  const scale = side / Math.max(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height].map((length) => Math.max(1, Math.round(length * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, format, QUALITY));
}
