import { describe, expect, it } from 'vitest';
import { decideRotation } from '../../src/stores/rotation.ts';

const NOW = 1_000_000;
const family = { generation: 5, quietBelow: 1, rotatedAt: NOW, expiresAt: NOW + 100_000 };

describe('decideRotation', () => {
  it.each([
    ['the current generation', {}, 5, 0, 'rotated'],
    ['the current generation within the grace', {}, 5, 9_999, 'rotated'],
    ['a later generation than is known', {}, 6, 0, 'ahead'],
    ['a much later generation', {}, 2 ** 31 - 2, 0, 'ahead'],
    ['a generation that has no successor', {}, 2 ** 31 - 1, 0, 'gone'],
    ['the predecessor at once', {}, 4, 0, 'replayed'],
    ['the predecessor at the end of the grace', {}, 4, 9_999, 'replayed'],
    ['the predecessor after the grace', {}, 4, 10_000, 'reuse'],
    ['an older generation within the grace', {}, 3, 0, 'reuse'],
    ['the first generation', {}, 1, 0, 'reuse'],
    ['zero', {}, 0, 0, 'gone'],
    ['zero before the first rotation', { generation: 1 }, 0, 0, 'gone'],
    ['a negative number', {}, -1, 0, 'gone'],
    ['a fraction', {}, 4.5, 0, 'gone'],
    ['no number', {}, Number.NaN, 0, 'gone'],
    ['the predecessor, retired quietly', { quietBelow: 5 }, 4, 0, 'gone'],
    ['an older one, retired quietly', { quietBelow: 4 }, 3, 0, 'gone'],
    ['the predecessor after an earlier quiet retirement', { quietBelow: 4 }, 4, 0, 'replayed'],
    ['a family at the moment of its end', {}, 5, 100_000, 'gone'],
    ['a family just before its end', {}, 5, 99_999, 'rotated'],
    ['the predecessor when the clock was set back', {}, 4, -60_000, 'replayed'],
  ] as const)('decides on %s', (_what, changes, presented, ageMs, outcome) => {
    expect(decideRotation({ ...family, ...changes }, presented, 10_000, NOW + ageMs)).toBe(outcome);
  });

  it.each([0, -1, -60_000])('has no grace with graceMs 0, also when the clock says %d ms', (ageMs) => {
    expect(decideRotation(family, 4, 0, NOW + ageMs)).toBe('reuse');
  });

  it('finds nothing in a family that does not exist', () => {
    expect(decideRotation(undefined, 1, 10_000, NOW)).toBe('gone');
  });
});
