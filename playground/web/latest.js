// Runs work after changes of the drawing, but never twice at once. Calls of ask during the work start it once more.
//
//   wait     milliseconds before work begins
//   resting  another call restarts the wait, so that work begins when the pen rests
class Latest {
  constructor(work, wait, resting = false) {
    Object.assign(this, { work, wait, resting, timer: null, busy: false, again: false });
  }

  ask() {
    if (this.busy) {
      this.again = true;
      return;
    }
    if (this.timer !== null && !this.resting) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.run(), this.wait);
  }

  async run() {
    Object.assign(this, { timer: null, busy: true, again: false });
    try {
      await this.work();
    } finally {
      this.busy = false;
      if (this.again) this.ask();
    }
  }
}
