// SPDX-License-Identifier: MIT
// Events of each of the last sixty seconds, as bars.

const SVG = "http://www.w3.org/2000/svg";
const SECONDS = 60;
const WIDTH = 300, FLOOR = 55; // of the viewBox; the last unit is the line on which the bars stand

export class RatePlot {
  /** Draws into `svg`, with the highest bar's number in `most`, and says the same in `caption`, once a second. */
  constructor(svg, most, caption) {
    this.most = most;
    this.caption = caption;
    draw(svg, "line", { x1: 0, x2: WIDTH, y1: FLOOR + 0.5, y2: FLOOR + 0.5 });
    const step = WIDTH / SECONDS;
    this.bars = Array.from({ length: SECONDS }, (_, i) => draw(svg, "rect", { x: i * step + 0.5, width: step - 1 }));
    this.restart();
    setInterval(() => this.tick(), 1000);
  }

  restart() {
    this.counts = Array(SECONDS).fill(0); // whole seconds, oldest first
    this.current = 0;
    this.since = 0;
    this.show();
  }

  count() {
    this.current += 1;
  }

  tick() {
    this.counts.shift();
    this.counts.push(this.current);
    this.current = 0;
    this.since = Math.min(this.since + 1, SECONDS);
    this.show();
  }

  show() {
    const top = Math.max(1, ...this.counts);
    this.bars.forEach((bar, i) => {
      const height = (this.counts[i] / top) * FLOOR;
      bar.setAttribute("y", FLOOR - height);
      bar.setAttribute("height", height);
    });
    const sum = this.counts.reduce((a, b) => a + b, 0);
    this.most.textContent = sum ? `at most ${top}` : "";
    const over = this.since < SECONDS ? `${this.since} s` : "minute";
    this.caption.textContent = this.since ? `${(sum / this.since).toFixed(2)} a second over the last ${over}` : "none yet";
  }
}

function draw(parent, name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return parent.appendChild(element);
}
