// Requests to the server of the page, and the state of the service.
const AWAY = { state: "down", message: "This page's own server does not answer", hint: "start it with scripts/playground" };
const BUSY = { state: "busy", message: "This page's own server is busy", hint: "the page tries again" };
const NEWS = 3000; // milliseconds for which a renewed key is shown

// Returns the answer to a request about an image, or a refusal. It never throws.
async function ask(question, image) {
  try {
    const response = await fetch(question, { method: "POST", body: await image?.arrayBuffer() });
    if (response.ok) return await response.json();
    if ([429, 502, 503, 504].includes(response.status)) return { refusal: BUSY };
    return { refusal: { state: "refused", message: `this page's own server answers ${response.status}`, hint: "load the page again" } };
  } catch {
    return { refusal: AWAY };
  }
}

class Status {
  constructor(find) {
    Object.assign(this, { find, until: 0 });
  }

  ready() {
    this.find("#notice").hidden = true;
    if (Date.now() > this.until) this.write("ready", "the service is ready");
  }

  renewed() {
    this.until = Date.now() + NEWS;
    this.write("renewed", "the key had expired and was renewed");
  }

  refused({ state, message, hint }) {
    const words = { down: "the service is down", busy: "the service is not ready" };
    if (words[state]) this.write(state, words[state]);
    else this.ready(); // the service has answered
    this.find("#notice").dataset.state = state;
    this.find("#notice-message").textContent = sentence(message);
    this.find("#notice-hint").textContent = sentence(hint);
    this.find("#notice").hidden = false;
  }

  write(state, text) {
    this.find("#service").dataset.state = state;
    this.find("#service-text").textContent = text;
  }
}

function sentence(text) {
  return text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "";
}
