import { describe, expect, it } from 'vitest';
import type { Principal } from '../../../src/core/principal.ts';
import { subjectKey, subjectsOf } from '../../../src/services/allowlists.ts';

describe('subjectKey', () => {
  it.each([
    ['client', 123456, 'client:123456'],
    ['workspace', 'w1', 'workspace:w1'],
    ['key', 'a:b c', 'key:a:b c'],
    ['account', 0, 'account:0'],
    ['user', '007', 'user:007'],
    ['service_account', 'bot', 'service_account:bot'],
  ] as const)('names the list of a %s', (kind, id, key) => {
    expect(subjectKey(kind, id)).toBe(key);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty text', ''],
    ['a fraction', 1.5],
    ['no number', NaN],
    ['a number too large to be told apart', 2 ** 53],
    ['an object', {}],
    ['a NUL', '\0'],
    ['more than a store can hold', 'x'.repeat(250)],
  ])('refuses %s as an id', (_, id) => {
    expect(() => subjectKey('client', id as string)).toThrow(TypeError);
  });
});

describe('subjectsOf', () => {
  it.each<[string, Principal, readonly string[]]>([
    ['a client', { kind: 'client', id: '7' }, ['client:7']],
    ['a key of a workspace', { kind: 'api_key', id: 'k', workspace: 'w' }, ['key:k', 'workspace:w']],
    ['a user without a workspace', { kind: 'user', id: 'u', workspace: null }, ['user:u']],
    ['a user on an account', { kind: 'user', id: 'u', account: 1001 }, ['user:u', 'account:1001']],
    ['a service account', { kind: 'service_account', id: 's' }, ['service_account:s']],
    [
      'a user whom an administrator impersonates',
      { kind: 'user', id: 'u', account: 1, workspace: 'w', actor: { kind: 'user', id: 'admin' } },
      ['user:u', 'account:1', 'workspace:w', 'user:admin'],
    ],
  ])('names every list that can apply to %s', (_, principal, subjects) => {
    expect(subjectsOf(principal)).toEqual(subjects);
  });

  it('throws for a principal with an empty id, whose list nobody could fill', () => {
    expect(() => subjectsOf({ kind: 'user', id: '' })).toThrow(TypeError);
    expect(() => subjectsOf({ kind: 'user', id: 'u', workspace: '' })).toThrow(TypeError);
  });
});
