// Pictures of 28x28 pixels on black, as in the model's input. The page enlarges them.
const FOR = [255, 158, 44]; // orange and blue, which colour-blind users can distinguish; they also differ in brightness
const AGAINST = [64, 144, 255];
const INK = 0.3; // share of the digit's brightness that shows below the heat map

function paint(canvas, colour) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(28, 28);
  for (let i = 0; i < 784; i++) picture.data.set([...colour(Math.floor(i / 28), i % 28), 255], 4 * i);
  context.putImageData(picture, 0, 0);
}

function paintSeen(canvas, image) {
  paint(canvas, (row, column) => Array(3).fill(image[row][column]));
}

// attributions: 28x28, positive if a pixel supports the target. The strongest gets the full colour.
function paintHeat(canvas, image, attributions) {
  const strongest = Math.max(...attributions.flat().map(Math.abs)) || 1;
  paint(canvas, (row, column) => {
    const value = attributions[row][column] / strongest;
    const share = Math.sqrt(Math.abs(value)); // so that weak values stay visible
    const heat = value > 0 ? FOR : AGAINST;
    return heat.map((full) => full * share + INK * image[row][column] * (1 - share));
  });
}

function blank(canvas) {
  paint(canvas, () => [0, 0, 0]);
}
