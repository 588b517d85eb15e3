import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrast, inkOn, mix, readableOn } from '../../src/systems/page-colors.ts';
import { pageStyle } from '../../src/systems/page-style.ts';

const anyColor = fc
  .integer({ min: 0, max: 0xff_ff_ff })
  .map((value) => `#${value.toString(16).padStart(6, '0')}`);

describe('contrast', () => {
  it.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#777777', '#ffffff', 4.48],
    ['#ff0000', '#ffffff', 4],
    ['#0000ff', '#ffffff', 8.59],
  ])('of %s and %s is %d, in either order', (one, other, expected) => {
    expect(contrast(one, other)).toBeCloseTo(expected, 2);
    expect(contrast(other, one)).toBe(contrast(one, other));
  });
});

describe('inkOn', () => {
  it('is read well on every colour', () => {
    fc.assert(fc.property(anyColor, (background) => contrast(inkOn(background), background) >= 4.5));
  });
});

describe('mix', () => {
  it.each([
    ['#000000', '#ffffff', 0, '#000000'],
    ['#000000', '#ffffff', 0.5, '#808080'],
    ['#102030', '#ffffff', 1, '#ffffff'],
  ])('of %s and %s by %d is %s', (one, other, share, expected) => {
    expect(mix(one, other, share)).toBe(expected);
  });
});

describe('readableOn', () => {
  it('leaves a colour alone that can be read', () => {
    expect(readableOn(['#ffffff'], '#2f5bea')).toBe('#2f5bea');
  });

  it('makes every colour readable on light and on dark', () => {
    fc.assert(
      fc.property(
        anyColor,
        fc.constantFrom(['#ffffff', '#f6f7f9'], ['#181b21', '#1f232b']),
        (wanted, backgrounds) =>
          backgrounds.every((each) => contrast(readableOn(backgrounds, wanted), each) >= 4.5),
      ),
    );
  });
});

describe('the style of pages', () => {
  /** The colours that stand on each other, and the least contrast they need. */
  const PAIRS = [
    ['text', 'card', 4.5],
    ['text', 'page', 4.5],
    ['text', 'soft', 4.5],
    ['muted', 'card', 4.5],
    ['muted', 'soft', 4.5],
    ['bad', 'bad-soft', 4.5],
    ['link', 'card', 4.5],
    ['link', 'soft', 4.5],
    ['ink', 'fill', 4.5],
    ['ink', 'fill-over', 4.5],
    ['on-tint', 'tint', 4.5],
    ['edge', 'card', 3],
    ['fill', 'card', 3],
    ['bad', 'card', 3],
  ] as const;

  it('keeps what must be read readable, in light and in dark, whatever the accent', () => {
    fc.assert(
      fc.property(anyColor, (accent) => {
        const blocks = [...pageStyle(accent).matchAll(/:root\{([^}]*)\}/g)].map(([, block = '']) => block);
        expect(blocks).toHaveLength(2);
        for (const block of blocks) {
          const colors = new Map(
            [...block.matchAll(/--([\w-]+):(#[0-9a-f]{6})/g)].map(([, name, value]) => [name, value]),
          );
          for (const [front, back, least] of PAIRS) {
            const ratio = contrast(colors.get(front) as string, colors.get(back) as string);
            expect({ front, back, enough: ratio >= least }).toEqual({ front, back, enough: true });
          }
        }
      }),
    );
  });
});
