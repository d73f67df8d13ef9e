// All of it together. Gradio gives: element, server, props.
const find = (selector) => element.querySelector(selector);
const ask = asker(server);
const result = new Result(find);
const status = new Status(find);
const pad = new Pad(find("#pad"), changed);
const predicting = new Latest(predict, 50);
const explaining = new Latest(explain, 150, true);
const CHECK_EVERY = 2000; // milliseconds
const commands = { predict: "", explain: "" };
let drawing = 0; // counts what was on the paper, so that late answers are told apart
let seen = null;
let unanswered = null; // the state that a refusal told, until there is an answer

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

// What belongs to an answer, gone with it.
function forget() {
  seen = null;
  for (const name of ["#seen", "#heat"]) blank(find(name));
  note(null);
  find("#heat-caption").textContent = "Why";
  find("#steps").textContent = "";
  command("", "");
}

async function predict() {
  if (pad.empty) return;
  const asked = drawing;
  const reply = await ask("predict", { image: pad.file });
  if (pad.empty) return;
  unanswered = reply.refusal?.state ?? null;
  if (unanswered) {
    result.none();
    forget();
    status.refused(reply.refusal);
    return;
  }
  heard(reply);
  seen = reply.seen;
  paintSeen(find("#seen"), seen);
  find("#seen").setAttribute("aria-label", `What the model sees of a ${reply.answer.digit}, 28 by 28 pixels`);
  find("#steps").textContent = reply.answer.input.steps.length ? `What was done: ${reply.answer.input.steps.join(", ")}` : "";
  const told = result.show(reply.answer, reply.milliseconds);
  command(reply.curl, "");
  if (asked === drawing) find("#announcement").textContent = told;
  explaining.ask();
}

async function explain() {
  if (pad.empty || unanswered) return;
  const asked = drawing;
  const [method, target] = ["#method", "#target"].map((name) => find(name).value);
  find("#heat").setAttribute("aria-busy", "true");
  const reply = await ask("explain", { image: pad.file, method, target });
  find("#heat").removeAttribute("aria-busy");
  if (asked !== drawing || pad.empty) return;
  if (reply.refusal) {
    blank(find("#heat"));
    find("#heat-caption").textContent = "Why";
    note(reply.refusal);
    return;
  }
  heard(reply);
  note(null);
  seen = reply.answer.image;
  paintHeat(find("#heat"), seen, reply.answer.attributions);
  const caption = `What speaks for ${reply.answer.target}`;
  find("#heat-caption").textContent = `${caption} (${reply.milliseconds.toFixed(0)} ms)`;
  find("#heat").setAttribute("aria-label", `Heat map: ${caption}, by ${method.replaceAll("_", " ")}`);
  command(commands.predict, reply.curl);
}

function heard(reply) {
  if (reply.renewed) status.renewed();
  status.ready();
}

// In the heat map's place: what was answered instead of one.
function note(refusal) {
  find("#heat-note").textContent = refusal ? `${sentence(refusal.message)} ${sentence(refusal.hint)}` : "";
  find("#heat-note").hidden = !refusal;
}

function command(predict, explain) {
  Object.assign(commands, { predict, explain });
  find("#command").textContent = [predict, explain].filter(Boolean).join("\n") || "draw something first";
  find("#copy").disabled = !predict;
  const save = find("#save");
  save.setAttribute("aria-disabled", String(!predict));
  if (!predict) {
    save.removeAttribute("href");
    return;
  }
  save.download = predict.match(/-T (\S+)/)[1];
  save.href = `data:${pad.image?.type || "image/png"};base64,${pad.file}`;
}

async function open(file) {
  if (!file) return;
  // null for TIFF and for what is no image: the page's server says which
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  const image = await sent(file, picture, props);
  if (image.size > props.most_bytes) {
    status.refused({ state: "refused", message: `the file has ${image.size} bytes`, hint: `take a file of at most ${props.most_bytes}` });
    return;
  }
  pad.open({ base64: await base64(image), type: image.type, picture });
}

// While nothing answers, what is on the paper is asked for again; while all is well, only whether it still is.
async function check() {
  if (document.hidden) return;
  if (!pad.empty && unanswered && unanswered !== "refused") {
    predicting.ask();
    return;
  }
  const reply = await ask("status", {});
  if (reply.renewed) status.renewed();
  if (reply.refusal) status.refused(reply.refusal);
  else if (find("#service").dataset.state !== "ready") status.ready();
}

for (const [digit, strokes] of props.examples.entries()) {
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
  event.target.value = ""; // the same file may be chosen again
};
for (const name of ["#method", "#target"]) find(name).onchange = () => explaining.ask();
find("#copy").onclick = async () => {
  await navigator.clipboard.writeText(find("#command").textContent);
  find("#copy").textContent = "Copied";
  setTimeout(() => (find("#copy").textContent = "Copy"), 1500);
};
find("#pad").addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key >= "0" && event.key <= "9") pad.put(props.examples[event.key]);
  else if (event.key === "Backspace") pad.undo();
  else if (event.key === "Delete" || event.key === "Escape") pad.put([]);
  else return;
  event.preventDefault();
});
element.addEventListener("dragover", (event) => {
  event.preventDefault();
  find("#paper").classList.add("over");
});
element.addEventListener("dragleave", () => find("#paper").classList.remove("over"));
element.addEventListener("drop", (event) => {
  event.preventDefault();
  find("#paper").classList.remove("over");
  open(event.dataTransfer.files[0]);
});
document.addEventListener("paste", (event) => open(event.clipboardData.files[0]));
reset();
check();
setInterval(check, CHECK_EVERY);
