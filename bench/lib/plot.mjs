const WIDTH = 640;
const HEIGHT = 320;
const LEFT = 92;
const RIGHT = 110;
const TOP = 40;
const BOTTOM = 52;
/** Told apart by lightness as well as by colour. */
const COLOURS = ['#0b5394', '#b45f06', '#38761d', '#741b47'];

/** A plot with logarithmic axes, as SVG that reads in light and in dark. @param {import('../growth.mjs').Growth} growth */
export function plotOf({ title, x, y, series }) {
  const points = Object.values(series).flat();
  const across = decades(points.map(([value]) => value));
  const up = decades(points.map(([, value]) => value));
  const px = (value) => LEFT + share(across, value) * (WIDTH - LEFT - RIGHT);
  const py = (value) => HEIGHT - BOTTOM - share(up, value) * (HEIGHT - TOP - BOTTOM);
  const parts = [
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(LEFT, 22, title, 'start', 15),
    ...ticks(across).map(
      (value) =>
        line(px(value), TOP, px(value), HEIGHT - BOTTOM) +
        text(px(value), HEIGHT - BOTTOM + 18, short(value), 'middle'),
    ),
    ...ticks(up).map(
      (value) =>
        line(LEFT, py(value), WIDTH - RIGHT, py(value)) + text(LEFT - 8, py(value) + 4, short(value), 'end'),
    ),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x, 'middle'),
    `<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${y}</text>`,
    ...Object.entries(series).map(([name, own], index) => {
      const colour = COLOURS[index % COLOURS.length];
      const path = own.map(([a, b], at) => `${at === 0 ? 'M' : 'L'}${round(px(a))} ${round(py(b))}`).join('');
      const dots = own.map(
        ([a, b]) => `<circle cx="${round(px(a))}" cy="${round(py(b))}" r="3" fill="${colour}"/>`,
      );
      const [lastX, lastY] = own.at(-1) ?? [1, 1];
      return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${text(px(lastX) + 8, py(lastY) + 4, name, 'start', 12, colour)}`;
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="12"><title>${title}</title>\n${parts.join('\n')}\n</svg>\n`;
}

/** The powers of ten around the values. */
function decades(values) {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive)));
  const high = Math.ceil(Math.log10(Math.max(...positive)));
  return [low, Math.max(high, low + 1)];
}

function ticks([low, high]) {
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index));
}

function share([low, high], value) {
  return (Math.log10(Math.max(value, Number.MIN_VALUE)) - low) / (high - low);
}

function line(x1, y1, x2, y2) {
  return `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="#dddddd"/>`;
}

function text(x, y, words, anchor, size = 12, colour = '#222222') {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" fill="${colour}">${words}</text>`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function short(value) {
  return value.toLocaleString('en');
}
