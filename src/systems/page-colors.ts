import { wrong, type Reader } from '../core/options.ts';

/** A colour as a style sheet writes it: `#rrggbb` in lower case. */
export type Color = string;

/** Reads a colour as `#rrggbb` or `#rgb`; names and functions of style sheets are refused. */
export const color: Reader<Color> = (value, path) => {
  if (typeof value === 'string') {
    if (/^#[0-9a-f]{6}$/i.test(value)) return value.toLowerCase();
    if (/^#[0-9a-f]{3}$/i.test(value)) return value.toLowerCase().replaceAll(/[0-9a-f]/g, '$&$&');
  }
  throw wrong(path, 'a colour such as "#2f5bea"', value);
};

/** The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrast(a: Color, b: Color): number {
  const [dark, light] = [luminance(a), luminance(b)].toSorted((one, other) => one - other) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

/**
 * A colour, made darker or lighter just so far that it has this contrast with each of the backgrounds, as text needs
 * 4.5 (WCAG 2.2, success criterion 1.4.3).
 */
export function readableOn(backgrounds: readonly Color[], wanted: Color, least: number = 4.5): Color {
  const towards = backgrounds.every((each) => luminance(each) > 0.18) ? '#000000' : '#ffffff';
  for (let share = 0; share < 1; share += 0.02) {
    const candidate = mix(wanted, towards, share);
    if (backgrounds.every((each) => contrast(candidate, each) >= least)) return candidate;
  }
  return towards;
}

/** Black or white, whichever is read better; one of them has a contrast of at least 4.58 with any colour. */
export function inkOn(background: Color): Color {
  return contrast('#ffffff', background) >= contrast('#000000', background) ? '#ffffff' : '#000000';
}

/** One colour with a share of another in it, from 0 to 1. */
export function mix(one: Color, other: Color, share: number): Color {
  const channels = channelsOf(one).map((channel, index) => {
    const mixed = channel + ((channelsOf(other)[index] as number) - channel) * share;
    return Math.round(mixed).toString(16).padStart(2, '0');
  });
  return `#${channels.join('')}`;
}

function luminance(each: Color): number {
  const [red, green, blue] = channelsOf(each).map((channel) => {
    const part = channel / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function channelsOf(each: Color): readonly number[] {
  return [1, 3, 5].map((start) => Number.parseInt(each.slice(start, start + 2), 16));
}
