/** Frames a second, from the time between a drawn frame and the next, over the last seconds of drawing. */
export class Pace {
  constructor() {
    this.gaps = [];
    this.total = 0;
  }

  add(gap) {
    this.gaps.push(gap);
    this.total += gap;
    while (this.total > 3000 && this.gaps.length > 1) this.total -= this.gaps.shift();
  }

  get perSecond() {
    return this.total ? (1000 * this.gaps.length) / this.total : 0;
  }
}
