// The paper: strokes in a square of side 1, shown in the colour of the page, and sent as white ink on black.
const SENT_SIDE = 280; // pixels: ten times the side of the network's input
const PEN = 0.075; // share of the side: the width of MNIST's strokes

class Pad {
  // changed is called after each change of the drawing or image
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed, strokes: [], image: null, pen: null });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.pen = null));
    new ResizeObserver(() => this.show()).observe(canvas);
    // the ink has another colour in dark mode
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.show());
  }

  get empty() {
    return !this.image && this.strokes.length === 0;
  }

  // Returns the opened image file, or the drawing as PNG.
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

  // image: {file, picture}; picture is null if the browser cannot show the file
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
    // a drawing replaces the image, so that the answer is for the visible picture
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
      // a smooth curve through the middles of the segments, because a drawn line has no corners at the points
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
