import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationSeconds, momentOf, wholeNumber } from '../../src/cli/arguments.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400 };
const NOW = Date.parse('2026-01-01T00:00:00Z');

/** What a reader makes of a text; `null` where it says that the text is no such thing. */
function attempt(read: () => number): number | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

describe('numbers and times on the command line', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.constantFrom(...(['s', 'm', 'h', 'd'] as const)), (count, unit) => {
        const seconds = count * SECONDS[unit];
        expect(wholeNumber(`${count}`, 'limit')).toBe(count);
        expect(durationSeconds(`${count}${unit}`, 'for')).toBe(seconds);
        expect(momentOf(`${count}${unit}`, 'until', NOW)).toBe(NOW + seconds * 1000);
      }),
    );
  });

  it('are the same moment however far from Greenwich they are written', () => {
    const date = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(date, fc.integer({ min: -14 * 60, max: 14 * 60 }), (moment, offset) => {
        const minute = Math.floor(moment.getTime() / 60_000) * 60_000;
        const local = new Date(minute + offset * 60_000).toISOString().slice(0, 16);
        const away = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
          `${part}`.padStart(2, '0'),
        );
        expect(momentOf(`${local}${offset < 0 ? '-' : '+'}${away.join(':')}`, 'until', NOW)).toBe(minute);
      }),
    );
  });

  it('are refused as a usage error when they are anything else', () => {
    const near = fc.stringMatching(/^[-+]?[0-9.eE_]{0,9}[smhdMy ]{0,2}$/);
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        expect(attempt(() => wholeNumber(text, 'limit')) === null).toBe(!/^[0-9]{1,6}$/.test(text));
        expect(attempt(() => durationSeconds(text, 'for')) === null).toBe(!/^[0-9]{1,6}[smhd]$/.test(text));
        const moment = attempt(() => momentOf(text, 'until', NOW));
        expect(moment === null || Number.isSafeInteger(moment)).toBe(true);
      }),
    );
  });
});
