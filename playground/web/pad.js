// The paper: strokes in a square of side 1, shown in the page's ink, and sent as white ink on black.
const SENT_SIDE = 280; // pixels: ten for each of the network's
const PEN = 0.075; // of the side: as thick beside a digit as MNIST's ink is

class Pad {
  // changed is called when what is on the paper has changed
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed, strokes: [], image: null, pen: null });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.pen = null));
    new ResizeObserver(() => this.show()).observe(canvas);
    // light and dark have inks of their own
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.show());
  }

  get empty() {
    return !this.image && this.strokes.length === 0;
  }

  // Returns the image file: an opened one, or the drawing as PNG.
  async file() {
    if (this.image) return this.image.file;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SENT_SIDE;
    const context = canvas.getContext("2d");
    context.fillRect(0, 0, SENT_SIDE, SENT_SIDE);
    this.trace(context, SENT_SIDE, "white");
    return new Promise((resolve) => canvas.toBlob(resolve));
  }

  put(strokes) {
    this.become({ strokes, image: null });
  }

  // image: {file, picture}, where the picture is null if the browser cannot show such a file
  open(image) {
    this.become({ strokes: [], image });
  }

  undo() {
    this.become({ strokes: this.strokes.slice(0, -1), image: null });
  }

  become(content) {
    Object.assign(this, { pen: null }, content);
    this.show();
    this.changed();
  }

  down(event) {
    if (event.button !== 0 || this.pen !== null) return;
    this.canvas.setPointerCapture(event.pointerId);
    // drawing replaces an image: the answer would be to something else than is seen
    this.become({ strokes: [...this.strokes, [this.point(event)]], image: null, pen: event.pointerId });
  }

  move(event) {
    if (event.pointerId !== this.pen) return;
    const between = event.getCoalescedEvents?.() ?? [];
    this.strokes.at(-1).push(...(between.length ? between : [event]).map((one) => this.point(one)));
    this.show();
    this.changed();
  }

  point(event) {
    const place = this.canvas.getBoundingClientRect();
    return [(event.clientX - place.left) / place.width, (event.clientY - place.top) / place.height];
  }

  show() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext("2d");
    if (this.image?.picture) fit(context, this.image.picture, side);
    this.trace(context, side, getComputedStyle(this.canvas).color);
  }

  trace(context, side, ink) {
    Object.assign(context, { strokeStyle: ink, lineWidth: PEN * side, lineCap: "round", lineJoin: "round" });
    for (const stroke of this.strokes) {
      const points = stroke.map(([x, y]) => [x * side, y * side]);
      context.beginPath();
      context.moveTo(...points[0]);
      // through the middles, bent at the points: a hand's line has no corners where the mouse was sampled
      for (let i = 1; i < points.length - 1; i++) context.quadraticCurveTo(...points[i], ...middle(points[i], points[i + 1]));
      context.lineTo(...points.at(-1));
      context.stroke();
    }
  }
}

function middle([x, y], [right, down]) {
  return [(x + right) / 2, (y + down) / 2];
}

function fit(context, picture, side) {
  const scale = Math.min(side / picture.width, side / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context.imageSmoothingEnabled = scale < 1;
  context.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height);
}
