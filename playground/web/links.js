// How the page hears from its server, and what it says when it does not.
const AWAY = { state: "down", message: "This page's own server does not answer, or is busy", hint: "start it with scripts/playground" };

const NEWS = 3000; // milliseconds that what is over by now is told for

// ask("predict", question) gives a reply, always: a broken connection, or the server's 503, is a refusal.
function asker(server) {
  return async (name, question) => {
    try {
      const reply = await server[name](question); // nothing, where the connection broke
      return reply?.answer || reply?.ready || reply?.refusal ? reply : { refusal: AWAY };
    } catch {
      return { refusal: AWAY };
    }
  };
}

class Status {
  constructor(find) {
    Object.assign(this, { find, until: 0 });
  }

  ready() {
    this.find("#notice").hidden = true;
    if (Date.now() > this.until) this.write("ready", "the service is ready");
  }

  // Said for a while, for it is over when it is told.
  renewed() {
    this.until = Date.now() + NEWS;
    this.write("renewed", "the key had expired and was renewed");
  }

  refused({ state, message, hint }) {
    const words = { down: "the service is down", busy: "the service is not ready" };
    if (words[state]) this.write(state, words[state]);
    else this.ready(); // it did answer
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
