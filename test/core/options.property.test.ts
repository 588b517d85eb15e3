import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callback,
  flag,
  implementing,
  integer,
  listOf,
  oneOf,
  optional,
  parseOptions,
  text,
  type Reader,
} from '../../src/core/options.ts';
import { complaint } from '../support/complaint.ts';

describe('parseOptions', () => {
  it('never throws anything but a ConfigError, and accepts no key that the shape does not have', () => {
    const shape = {
      name: optional(text),
      size: optional(integer(0, 9)),
      on: optional(flag),
      list: optional(listOf(text)),
    };
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (options) => {
        const said = complaint(() => parseOptions('guard', options, shape));
        const keys = typeof options === 'object' && options !== null ? Object.keys(options) : [];
        const known = keys.every((key) => Object.hasOwn(shape, key));
        expect(said === 'nothing was thrown' ? known && !Array.isArray(options) : true).toBe(true);
      }),
    );
  });

  it('never repeats a text that was given as a value', () => {
    const readers: Reader<unknown>[] = [
      flag,
      integer(1),
      oneOf('a', 'b'),
      callback(),
      implementing<{ y(): void }>('x', 'y'),
    ];
    fc.assert(
      fc.property(
        fc.string({ minLength: 12 }).filter((secret) => /[^ ]{6}/.test(secret)),
        fc.constantFrom(...readers),
        fc.boolean(),
        (secret, read, inList) => {
          const value = inList ? [secret] : secret;
          expect(complaint(() => parseOptions('guard', { option: value }, { option: read }))).not.toContain(
            secret,
          );
        },
      ),
    );
  });
});
