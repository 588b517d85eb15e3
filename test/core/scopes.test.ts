import { describe, expect, it } from 'vitest';
import { areWithin, isScopeToken, parseScope, sameScopes, scopesOption } from '../../src/core/scopes.ts';
import { complaint } from '../support/complaint.ts';

const ASCII = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));

describe('isScopeToken', () => {
  it('takes printable ASCII but for blank, quote and backslash', () => {
    const taken = ASCII.filter((character) => isScopeToken(`a${character}b`));
    expect(taken).toEqual(ASCII.filter((character) => /[!-~]/.test(character) && !/["\\]/.test(character)));
  });

  it.each(['', ' a', 'a ', 'a b', 'a\n', '\na', '"', 'é'])('refuses %j', (scope) => {
    expect(isScopeToken(scope)).toBe(false);
  });
});

describe('parseScope', () => {
  it('reads words with one blank between them, each once, in the order of their coming', () => {
    expect(parseScope('orders:read orders:write')).toEqual(['orders:read', 'orders:write']);
    expect(parseScope('b a b')).toEqual(['b', 'a']);
  });

  it.each(['', ' ', 'a  b', ' a', 'a ', 'a\tb', 'a "b"'])('refuses %j', (scope) => {
    expect(parseScope(scope)).toBeNull();
  });
});

describe('sameScopes and areWithin', () => {
  it.each([
    [[], [], true, true],
    [['a', 'b'], ['b', 'a'], true, true],
    [['a'], ['a', 'b'], false, true],
    [['a', 'b'], ['a'], false, false],
    [[], ['a'], false, true],
    [['a'], ['b'], false, false],
    [['a'], ['A'], false, false],
  ])('of %j and %j say %s and %s', (a, b, same, within) => {
    expect([sameScopes(a, b), areWithin(a, b)]).toEqual([same, within]);
  });
});

describe('scopesOption', () => {
  it.each<[unknown, readonly string[]]>([
    [[], []],
    ['a', ['a']],
    [
      ['b', 'a', 'b'],
      ['b', 'a'],
    ],
  ])('reads %j', (value, scopes) => {
    expect(scopesOption(value, 'o.scopes')).toEqual(scopes);
  });

  it.each<[unknown, string]>([
    [undefined, 'option_missing: o.scopes is required: give a string that is not empty.'],
    ['', 'option_invalid: o.scopes must be a string that is not empty, not an empty string.'],
    [
      ['a', 'b c'],
      'option_invalid: o.scopes[1] must be a word of printable ASCII without blank, quote or backslash, not a string.',
    ],
    [{ length: 0 }, 'option_invalid: o.scopes must be a string that is not empty, not an object.'],
  ])('refuses %j', (value, message) => {
    expect(complaint(() => scopesOption(value, 'o.scopes'))).toBe(message);
  });
});
