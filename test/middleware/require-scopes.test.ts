import { describe, expect, it } from 'vitest';
import { authError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import { requireScopes } from '../../src/middleware/require-scopes.ts';
import { complaint } from '../support/complaint.ts';
import { exchangeWith } from '../support/fake-exchange.ts';

const READ_WRITE = requireScopes('orders:read', 'orders:write');

function decide(scopes: unknown, guard: ReturnType<typeof requireScopes> = READ_WRITE): unknown {
  const principal = { kind: 'user', id: 'u1', scopes } as Principal;
  const decision = guard.decide(exchangeWith(), principal);
  expect(decision).not.toBeInstanceOf(Promise);
  return (decision as { kind: string }).kind;
}

describe('requireScopes', () => {
  it.each<[string, unknown, string]>([
    ['all of them', ['orders:read', 'orders:write'], 'allow'],
    ['more', ['a', 'orders:write', 'b', 'orders:read'], 'allow'],
    ['one of them', ['orders:read'], 'deny'],
    ['none', [], 'deny'],
    ['nothing at all', undefined, 'deny'],
    ['null', null, 'deny'],
    ['others', ['orders'], 'deny'],
    ['them in another case', ['ORDERS:READ', 'orders:write'], 'deny'],
    ['longer ones', ['orders:read-all', 'orders:write-all'], 'deny'],
    ['one text with all', ['orders:read orders:write'], 'deny'],
    ['a text in place of a list', 'orders:read orders:write', 'deny'],
    ['an object with includes', { includes: () => true }, 'deny'],
  ])('BT-02 judges a principal that has %s', (_, scopes, kind) => {
    expect(decide(scopes)).toBe(kind);
  });

  it('lets the principal go on unchanged', () => {
    const principal: Principal = { kind: 'client', id: 'c', scopes: ['a'] };
    expect(requireScopes('a').decide(exchangeWith(), principal)).toEqual({ kind: 'allow', principal });
  });

  it('BT-02 refuses with the scopes that would have been enough, each once', () => {
    const guard = requireScopes('b', 'a', 'b');
    expect(guard.decide(exchangeWith(), { kind: 'user', id: 'u1' })).toEqual({
      kind: 'deny',
      error: authError('scope_insufficient', { scopes: ['b', 'a'] }),
    });
    expect(guard.describe()).toEqual({ guard: 'require_scopes', scopes: ['b', 'a'] });
  });

  it('BT-01 refuses nobody as nobody, not as somebody without the scope', () => {
    expect(READ_WRITE.decide(exchangeWith(), null)).toEqual({
      kind: 'deny',
      error: authError('credentials_missing'),
    });
  });

  const characters =
    'requireScopes: a scope is a word of printable ASCII without blank, quote or backslash; give several as several arguments.';
  it.each<[string, readonly unknown[], string]>([
    [
      'nothing',
      [],
      'option_missing: requireScopes: name at least one scope; leave the guard out if none is needed.',
    ],
    ['an empty text', [''], `option_invalid: ${characters}`],
    ['a list', [['a', 'b']], `option_invalid: ${characters}`],
    ['two in one text', ['a b'], `option_invalid: ${characters}`],
    ['a quote', ['a"b'], `option_invalid: ${characters}`],
    ['a backslash', ['a\\b'], `option_invalid: ${characters}`],
    ['a line end', ['a\r\nb'], `option_invalid: ${characters}`],
    ['another letter', ['caf\u00e9'], `option_invalid: ${characters}`],
    ['undefined after a good one', ['a', undefined], `option_invalid: ${characters}`],
    ['options', ['a', { any: true }], `option_invalid: ${characters}`],
  ])('BT-13 refuses %s', (_, scopes, message) => {
    expect(complaint(() => (requireScopes as (...all: unknown[]) => unknown)(...scopes))).toBe(message);
  });
});
