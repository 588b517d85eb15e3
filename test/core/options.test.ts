import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import {
  callback,
  flag,
  implementing,
  integer,
  listOf,
  nullable,
  oneOf,
  optional,
  parseOptions,
  text,
  type Reader,
} from '../../src/core/options.ts';
import { complaint } from '../support/complaint.ts';

interface Pair {
  get(): void;
  put(): void;
}

const named: Reader<unknown> = text;

describe('parseOptions', () => {
  it('reads every option of the shape and gives the default to those that are absent or undefined', () => {
    const shape = {
      name: text,
      realm: optional(text, null),
      leeway: optional(integer(0), 5),
      note: optional(text),
    };
    expect(parseOptions('guard', { name: 'a', leeway: undefined }, shape)).toEqual({
      name: 'a',
      realm: null,
      leeway: 5,
      note: undefined,
    });
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [[], 'an empty list'],
    [['a'], 'a list'],
    ['text', 'a string'],
    ['', 'an empty string'],
    [7, 'the number 7'],
    [false, 'false'],
    [() => ({}), 'a function'],
    [Symbol('s'), 'a symbol'],
    [1n, 'a bigint'],
  ])('refuses %s in place of the options', (options, described) => {
    expect(complaint(() => parseOptions('guard', options, {}))).toBe(
      `option_invalid: guard: options must be an object, not ${described}.`,
    );
  });

  it('refuses an unknown option with the name that was probably meant', () => {
    const shape = { issuer: optional(text), audience: optional(text) };
    expect(complaint(() => parseOptions('Strategy', { Issuers: 'x' }, shape))).toBe(
      'option_unknown: Strategy: unknown option "Issuers"; did you mean "issuer"?',
    );
    expect(complaint(() => parseOptions('Strategy', { colour: 'x' }, shape))).toBe(
      'option_unknown: Strategy: unknown option "colour"; known options are issuer, audience',
    );
  });

  it('names the factory and the option whose value is wrong', () => {
    expect(complaint(() => parseOptions('guard', { realm: '' }, { realm: text }))).toBe(
      'option_invalid: guard.realm must be a string that is not empty, not an empty string.',
    );
  });

  it('refuses unknown options before it looks at the values of the known ones', () => {
    expect(complaint(() => parseOptions('guard', { realm: 1, reelm: 2 }, { realm: text }))).toMatch(
      /^option_unknown/,
    );
  });

  it('takes names of Object.prototype for unknown, and never reads an option from a prototype', () => {
    const polluted = JSON.parse('{"__proto__": {"flag": true}, "constructor": 1}') as unknown;
    expect(complaint(() => parseOptions('guard', polluted, { flag: optional(flag, false) }))).toMatch(
      /^option_unknown: guard: unknown option "__proto__"/,
    );
    const inherited = Object.create({ flag: true }) as unknown;
    expect(parseOptions('guard', inherited, { flag: optional(flag, false) })).toEqual({ flag: false });
  });
});

describe('the readers', () => {
  it.each<[string, Reader<unknown>, unknown, string]>([
    ['text', named, '', 'option_invalid: o.k must be a string that is not empty, not an empty string.'],
    ['text', named, 7, 'option_invalid: o.k must be a string that is not empty, not the number 7.'],
    ['text', named, undefined, 'option_missing: o.k is required: give a string that is not empty.'],
    ['text', named, null, 'option_invalid: o.k must be a string that is not empty, not null.'],
    ['flag', flag, 'true', 'option_invalid: o.k must be true or false, not a string.'],
    ['flag', flag, 1, 'option_invalid: o.k must be true or false, not the number 1.'],
    [
      'integer',
      integer(1, 9),
      0,
      'option_invalid: o.k must be a whole number from 1 to 9, not the number 0.',
    ],
    [
      'integer',
      integer(1, 9),
      10,
      'option_invalid: o.k must be a whole number from 1 to 9, not the number 10.',
    ],
    ['integer', integer(1), 0, 'option_invalid: o.k must be a whole number of at least 1, not the number 0.'],
    [
      'integer',
      integer(0),
      1.5,
      'option_invalid: o.k must be a whole number of at least 0, not the number 1.5.',
    ],
    [
      'integer',
      integer(0),
      Number.NaN,
      'option_invalid: o.k must be a whole number of at least 0, not the number NaN.',
    ],
    [
      'integer',
      integer(0),
      Infinity,
      'option_invalid: o.k must be a whole number of at least 0, not the number Infinity.',
    ],
    [
      'integer',
      integer(0),
      2 ** 53,
      'option_invalid: o.k must be a whole number of at least 0, not the number 9007199254740992.',
    ],
    ['integer', integer(0), '5', 'option_invalid: o.k must be a whole number of at least 0, not a string.'],
    [
      'oneOf',
      oneOf('HS256', 'RS256'),
      'hs256',
      'option_invalid: o.k must be one of "HS256", "RS256", not a string. Did you mean "HS256"?',
    ],
    [
      'oneOf',
      oneOf('HS256', 'RS256'),
      'something',
      'option_invalid: o.k must be one of "HS256", "RS256", not a string.',
    ],
    ['oneOf', oneOf('a', 'b'), undefined, 'option_missing: o.k is required: give one of "a", "b".'],
    ['callback', callback(), 'f', 'option_invalid: o.k must be a function, not a string.'],
    ['callback', callback(), {}, 'option_invalid: o.k must be a function, not an object.'],
    [
      'implementing',
      implementing<Clock>('a clock', 'now'),
      {},
      'option_invalid: o.k must be a clock, which has a method "now", not an object.',
    ],
    [
      'implementing',
      implementing<Clock>('a clock', 'now'),
      null,
      'option_invalid: o.k must be a clock, which has a method "now", not null.',
    ],
    [
      'implementing',
      implementing<Pair>('a store', 'get', 'put'),
      { get: () => 1, put: 2 },
      'option_invalid: o.k must be a store, which has a method "put", not an object.',
    ],
    ['listOf', listOf(text), [], 'option_invalid: o.k must be a list that is not empty, not an empty list.'],
    [
      'listOf',
      listOf(text),
      ['a', ''],
      'option_invalid: o.k[1] must be a string that is not empty, not an empty string.',
    ],
    ['listOf', listOf(text), 7, 'option_invalid: o.k must be a string that is not empty, not the number 7.'],
    [
      'listOf',
      listOf(text),
      [undefined],
      'option_missing: o.k[0] is required: give a string that is not empty.',
    ],
    [
      'nullable',
      nullable(text),
      undefined,
      'option_missing: o.k is required: give a string that is not empty.',
    ],
  ])('%s refuses what it must', (_, read, value, message) => {
    expect(complaint(() => read(value, 'o.k'))).toBe(message);
  });

  it.each<[string, Reader<unknown>, unknown, unknown]>([
    ['text', text, 'a', 'a'],
    ['flag', flag, false, false],
    ['the least integer', integer(1, 9), 1, 1],
    ['the greatest integer', integer(1, 9), 9, 9],
    ['one of several', oneOf('a', 'b'), 'b', 'b'],
    ['one number of several', oneOf(1, 2), 2, 2],
    ['a function', callback(), parseOptions, parseOptions],
    ['null where it has a meaning', nullable(text), null, null],
    ['a list', listOf(text), ['a', 'b'], ['a', 'b']],
    ['one item for a list of one', listOf(text), 'a', ['a']],
    ['a default', optional(text, 'd'), undefined, 'd'],
    ['no default', optional(text), undefined, undefined],
  ])('read %s', (_, read, value, expected) => {
    expect(read(value, 'o.k')).toEqual(expected);
  });

  it('takes null for a wrong value, not for an absent one', () => {
    expect(complaint(() => optional(text, 'd')(null, 'o.k'))).toMatch(/^option_invalid/);
  });

  it('copies a list, so that a later change by the host changes nothing', () => {
    const given = ['a'];
    const read = listOf(text)(given, 'o.k');
    given.push('b');
    expect(read).toEqual(['a']);
  });

  it('accepts an object whose methods are inherited', () => {
    class Ticking {
      now(): number {
        return 1;
      }
    }
    const clock = new Ticking();
    expect(implementing<Clock>('a clock', 'now')(clock, 'o.k')).toBe(clock);
  });
});
