// Pictures that are larger than the page's server takes: smaller copies of them, upright as the browser shows them.
const QUALITY = 0.9; // of a JPEG

// sent(file, picture, limits) gives the file itself, or a smaller copy. picture: its ImageBitmap, null if there is none.
async function sent(file, picture, { most_bytes, most_pixels, most_side }) {
  if (!picture || (file.size <= most_bytes && picture.width * picture.height <= most_pixels)) return file;
  const format = file.type === "image/jpeg" ? file.type : "image/png"; // PNG keeps transparency
  let side = Math.min(most_side, Math.max(picture.width, picture.height));
  let copy = await shrunk(picture, side, format);
  while (copy.size > most_bytes) copy = await shrunk(picture, (side /= 2), format);
  return copy;
}

function shrunk(picture, side, format) {
  const scale = side / Math.max(picture.width, picture.height);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.width, picture.height].map((length) => Math.max(1, Math.round(length * scale)));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, format, QUALITY));
}

async function base64(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
