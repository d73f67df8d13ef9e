// The page. It sends at most three requests at once (predict, explain, status), and fewer than 20 per second,
// because the gateway allows no more (serving/gateway/haproxy.cfg).
const find = (selector) => document.querySelector(selector);
const result = new Result(find);
const status = new Status(find);
const pad = new Pad(find("#pad"), changed);
const predicting = new Latest(predict, 70);
const explaining = new Latest(explain, 150, true);
const CHECK_EVERY = 2000; // milliseconds
let drawing = 0; // number of changes of the paper, to recognise late answers
let unanswered = null; // state of the last refusal, or null after an answer

function changed() {
  drawing += 1;
  find("#announcement").textContent = "";
  const unseen = pad.image && !pad.image.picture;
  find("#placeholder").innerText = unseen ? "this file cannot be\nshown here" : "draw a digit here,\nor drop an image";
  find("#placeholder").hidden = !pad.empty && !unseen;
  for (const name of ["#clear", "#undo"]) find(name).disabled = pad.empty;
  find("#undo").disabled = pad.strokes.length === 0;
  if (pad.empty) reset();
  else predicting.ask();
}

function reset() {
  unanswered = null;
  result.clear();
  forget();
  find("#notice").hidden = true;
}

// Clears the parts of the page that show the last answer.
function forget() {
  for (const name of ["#seen", "#heat"]) blank(find(name));
  note(null);
  find("#heat-caption").textContent = "Why";
  find("#steps").textContent = "";
  command([]);
  save(null);
}

async function predict() {
  if (pad.empty) return;
  const asked = drawing;
  const image = await pad.file();
  const reply = await ask("predict", image);
  if (pad.empty) return;
  unanswered = reply.refusal?.state ?? null;
  if (unanswered) {
    result.none();
    forget();
    status.refused(reply.refusal);
    return;
  }
  answered(reply);
  paintSeen(find("#seen"), reply.seen);
  find("#seen").setAttribute("aria-label", `What the model sees of a ${reply.answer.digit}, 28 by 28 pixels`);
  find("#steps").textContent = reply.answer.input.steps.length ? `What was done: ${reply.answer.input.steps.join(", ")}` : "";
  const words = result.show(reply.answer, reply.milliseconds);
  command([reply.curl]);
  save(image);
  if (asked === drawing) find("#announcement").textContent = words;
  explaining.ask();
}

async function explain() {
  if (pad.empty || unanswered) return;
  const asked = drawing;
  const [method, target] = ["#method", "#target"].map((name) => find(name).value);
  find("#heat").setAttribute("aria-busy", "true");
  const reply = await ask(`explain?${new URLSearchParams({ method, target })}`, await pad.file());
  find("#heat").removeAttribute("aria-busy");
  if (asked !== drawing || pad.empty) return;
  if (reply.refusal) {
    blank(find("#heat"));
    find("#heat-caption").textContent = "Why";
    note(reply.refusal);
    if (reply.refusal.state === "busy") setTimeout(() => explaining.ask(), CHECK_EVERY);
    return;
  }
  answered(reply);
  note(null);
  paintHeat(find("#heat"), reply.answer.image, reply.answer.attributions);
  const caption = `What speaks for ${reply.answer.target}`;
  find("#heat-caption").textContent = `${caption} (${reply.milliseconds.toFixed(0)} ms)`;
  find("#heat").setAttribute("aria-label", `Heat map: ${caption}, by ${method.replaceAll("_", " ")}`);
  command([commands[0], reply.curl]);
}

function answered(reply) {
  if (reply.renewed) status.renewed();
  status.ready();
}

// Shows a refusal in place of the heat map.
function note(refusal) {
  find("#heat-note").textContent = refusal ? `${sentence(refusal.message)} ${sentence(refusal.hint)}` : "";
  find("#heat-note").hidden = !refusal;
}

let commands = [];
function command(lines) {
  commands = lines;
  find("#command").textContent = lines.join("\n") || "draw something first";
  find("#copy").disabled = lines.length === 0;
}

// Lets the user save the image under the name in the command.
function save(image) {
  const link = find("#save");
  URL.revokeObjectURL(link.href);
  link.setAttribute("aria-disabled", String(!image));
  link.removeAttribute("href");
  if (image) Object.assign(link, { href: URL.createObjectURL(image), download: commands[0].match(/-T (\S+)/)[1] });
}

async function open(file) {
  if (!file) return;
  // null for TIFF and for files that are no image; the answer of the server tells which
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  const image = await shrink(file, picture);
  if (image.size > settings.bytes) {
    status.refused({ state: "refused", message: `the file has ${image.size} bytes`, hint: `take a file of at most ${settings.bytes}` });
    return;
  }
  pad.open({ file: image, picture });
}

// Predicts again if the last request had no answer; otherwise requests the state of the service.
async function check() {
  if (document.hidden) return;
  if (!pad.empty && unanswered && unanswered !== "refused") {
    predicting.ask();
    return;
  }
  const reply = await ask("status");
  if (reply.renewed) status.renewed();
  if (reply.refusal) status.refused(reply.refusal);
  else if (find("#service").dataset.state !== "ready") status.ready();
}

async function watch() {
  await check();
  setTimeout(watch, CHECK_EVERY);
}

for (const [digit, strokes] of settings.examples.entries()) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", textContent: digit, onclick: () => pad.put(strokes) });
  button.setAttribute("aria-label", `Example of a ${digit}`);
  find("#examples").append(button);
  find("#target").append(new Option(`a ${digit}`, digit));
}

find("#clear").onclick = () => pad.put([]);
find("#undo").onclick = () => pad.undo();
find("#file").onchange = (event) => {
  open(event.target.files[0]);
  event.target.value = ""; // so that the same file can be chosen again
};
for (const name of ["#method", "#target"]) find(name).onchange = () => explaining.ask();
find("#copy").onclick = async () => {
  await navigator.clipboard.writeText(find("#command").textContent);
  find("#copy").textContent = "Copied";
  setTimeout(() => (find("#copy").textContent = "Copy"), 1500);
};
find("#pad").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key >= "0" && event.key <= "9") pad.put(settings.examples[event.key]);
  else if (event.key === "Backspace") pad.undo();
  else if (event.key === "Delete" || event.key === "Escape") pad.put([]);
  else return;
  event.preventDefault();
});
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  find("#paper").classList.add("over");
});
document.addEventListener("dragleave", () => find("#paper").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  find("#paper").classList.remove("over");
  open(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => open(event.clipboardData.files[0]));
changed();
watch();
