// The prediction as a digit, as text and as bars.
class Result {
  constructor(find) {
    this.find = find;
    this.bars = Array.from({ length: 10 }, (_, digit) => find("#bars").appendChild(bar(digit)));
    this.clear();
  }

  clear() {
    this.write("–", "Nothing drawn yet", "ten probabilities, while you draw");
    this.draw(Array(10).fill(0), -1);
    this.find("#result").dataset.accepted = "";
  }

  none() {
    this.clear();
    this.write("–", "No answer", "");
  }

  show({ digit, accepted, confidence, probabilities }, milliseconds) {
    const sure = percent(confidence);
    const words = accepted ? `Accepted, ${sure} sure` : `Not accepted: only ${sure} sure`;
    this.write(digit, words, `answered in ${milliseconds.toFixed(1)} ms`);
    this.draw(probabilities, digit);
    this.find("#result").dataset.accepted = accepted;
    return `${digit}. ${words}.`;
  }

  write(digit, words, latency) {
    this.find("#digit").textContent = digit;
    this.find("#words").textContent = words;
    this.find("#latency").textContent = latency;
  }

  draw(probabilities, best) {
    probabilities.forEach((probability, digit) => {
      const row = this.bars[digit];
      row.style.setProperty("--share", probability);
      row.classList.toggle("best", digit === best);
      row.querySelector(".share").textContent = best < 0 ? "" : percent(probability);
    });
  }
}

function bar(digit) {
  const row = document.createElement("li");
  row.append(part("name", digit), part("track", ""), part("share", ""));
  return row;
}

function part(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

// Rounds down, and never to 100 %, because no network is certain.
function percent(share) {
  return `${Math.min(99.9, Math.floor(share * 1000) / 10).toFixed(1)} %`;
}
