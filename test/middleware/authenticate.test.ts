import { describe, expect, it } from 'vitest';
import type { Credential, CredentialClaim } from '../../src/core/credentials.ts';
import type { Decision, EntryGuard, Recognition } from '../../src/core/decision.ts';
import { authError } from '../../src/core/errors.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { CredentialStrategy } from '../../src/core/strategy.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { authenticate, open } from '../../src/middleware/authenticate.ts';
import { complaint } from '../support/complaint.ts';
import { exchangeWith, type FakeHeaders } from '../support/fake-exchange.ts';

type Strategy = CredentialStrategy<Principal>;
const BEARER: CredentialClaim = { headers: ['authorization'], scheme: 'Bearer', shape: 'any', value: 'word' };
const API_KEY: CredentialClaim = { headers: ['x-api-key'], scheme: null, shape: 'any', value: 'word' };

/** A strategy that recognises everybody under the name they bring, and notes what it was asked. */
function naive(
  name: string,
  claims: readonly CredentialClaim[],
  recognise: (credential: Credential) => MaybePromise<Recognition<Principal>> = ({ value }) => ({
    kind: 'authenticated',
    principal: { kind: 'user', id: `${name}:${value}` },
  }),
): Strategy & { readonly asked: Credential[] } {
  const asked: Credential[] = [];
  return { name, claims, asked, recognise: (credential) => (asked.push(credential), recognise(credential)) };
}

function decide(
  entry: EntryGuard<Principal | null>,
  headers: FakeHeaders,
): MaybePromise<Decision<Principal | null>> {
  return entry.enterChain(exchangeWith(headers));
}

async function outcome(entry: EntryGuard<Principal | null>, headers: FakeHeaders): Promise<string> {
  const decision = await decide(entry, headers);
  return decision.kind === 'allow' ? (decision.principal?.id ?? 'nobody') : decision.error.code;
}

describe('authenticate', () => {
  it('hands the one credential to the one strategy that claims it, and asks no other', async () => {
    const [bearer, key] = [naive('bearer', [BEARER]), naive('key', [API_KEY])];
    const entry = authenticate(bearer, key);
    await expect(outcome(entry, { authorization: 'Bearer abc' })).resolves.toBe('bearer:abc');
    await expect(outcome(entry, { 'x-api-key': 'def' })).resolves.toBe('key:def');
    expect(bearer.asked).toEqual([{ header: 'authorization', scheme: 'bearer', value: 'abc' }]);
    expect(key.asked).toEqual([{ header: 'x-api-key', scheme: null, value: 'def' }]);
  });

  it('takes the refusal of a strategy for final', async () => {
    const refusing = naive('jwt', [{ ...BEARER, shape: 'jwt' }], () => ({
      kind: 'rejected',
      error: authError('token_expired'),
    }));
    const opaque = naive('opaque', [{ ...BEARER, shape: 'opaque' }]);
    await expect(outcome(authenticate(refusing, opaque), { authorization: 'Bearer a.b.c' })).resolves.toBe(
      'token_expired',
    );
    expect(opaque.asked).toEqual([]);
  });

  it('BT-05 asks no strategy when there are several credentials', async () => {
    const [bearer, key] = [naive('bearer', [BEARER]), naive('key', [API_KEY])];
    const headers = { authorization: 'Bearer abc', 'x-api-key': 'def' };
    await expect(outcome(authenticate(bearer, key), headers)).resolves.toBe('credentials_repeated');
    expect([...bearer.asked, ...key.asked]).toEqual([]);
  });

  it('answers at once when the strategy does, and later when it does', async () => {
    const later = naive('later', [BEARER], async ({ value }) => ({
      kind: 'authenticated',
      principal: { kind: 'user', id: value },
    }));
    expect(decide(authenticate(naive('now', [BEARER])), { authorization: 'Bearer a' })).not.toBeInstanceOf(
      Promise,
    );
    await expect(outcome(authenticate(later), { authorization: 'Bearer a' })).resolves.toBe('a');
  });

  it('passes on the headers that a strategy wants on the answer', () => {
    const principal: Principal = { kind: 'user', id: 'a' };
    const strategy = naive('a', [BEARER], () => ({
      kind: 'authenticated',
      principal,
      headers: [['X-A', 'b']],
    }));
    expect(decide(authenticate(strategy), { authorization: 'Bearer a' })).toEqual({
      kind: 'allow',
      principal,
      headers: [['X-A', 'b']],
    });
  });

  it('takes a strategy that finds nothing of its own for nobody having signed in', async () => {
    const absent = naive('absent', [BEARER], () => ({ kind: 'absent' }));
    await expect(outcome(authenticate(absent), { authorization: 'Bearer a' })).resolves.toBe(
      'credentials_missing',
    );
    await expect(
      outcome(authenticate(absent, { optional: true }), { authorization: 'Bearer a' }),
    ).resolves.toBe('credentials_missing');
  });

  it.each<[string, unknown]>([
    ['undefined', undefined],
    ['true', true],
    ['a principal alone', { kind: 'user', id: 'a' }],
    ['nobody', { kind: 'authenticated', principal: null }],
    ['nothing', { kind: 'authenticated' }],
    ['true for a principal', { kind: 'authenticated', principal: true }],
    ['an object for a principal', { kind: 'authenticated', principal: {} }],
    ['another kind', { kind: 'pass' }],
  ])('fails, and lets nobody pass, when a strategy returns %s', async (_, nonsense) => {
    for (const answer of [() => nonsense, async () => nonsense]) {
      const strategy = naive('odd', [BEARER], answer as () => Recognition<Principal>);
      for (const options of [{}, { optional: true }]) {
        const act = async (): Promise<unknown> =>
          outcome(authenticate(strategy, options), { authorization: 'Bearer a' });
        await expect(act()).rejects.toThrow(TypeError);
      }
    }
  });

  describe('with optional', () => {
    const entry = authenticate(
      naive('bearer', [BEARER], ({ value }) =>
        value === 'bad'
          ? { kind: 'rejected', error: authError('token_expired') }
          : { kind: 'authenticated', principal: { kind: 'user', id: value } },
      ),
      { optional: true },
    );

    it.each<[string, FakeHeaders, string]>([
      ['no credential', {}, 'nobody'],
      ['another scheme', { authorization: 'Basic abc' }, 'nobody'],
      ['an empty header', { authorization: '' }, 'nobody'],
      ['a good one', { authorization: 'Bearer good' }, 'good'],
      ['one that is refused', { authorization: 'Bearer bad' }, 'token_expired'],
      ['a malformed one', { authorization: 'Bearer' }, 'credentials_malformed'],
      ['two', { authorization: ['Bearer good', 'Bearer good'] }, 'credentials_repeated'],
      ['two joined', { authorization: 'Bearer good, Bearer bad' }, 'credentials_joined'],
    ])('judges %s', async (_, headers, expected) => {
      await expect(outcome(entry, headers)).resolves.toBe(expected);
    });
  });

  it('refuses a bare request without optional, and tells another scheme from none', async () => {
    const entry = authenticate(naive('bearer', [BEARER]), { optional: false });
    await expect(outcome(entry, {})).resolves.toBe('credentials_missing');
    await expect(outcome(entry, { authorization: 'Basic abc' })).resolves.toBe('scheme_unsupported');
  });

  it('challenges for each scheme once, and for none where a strategy has none', () => {
    const strategies = [
      naive('a', [BEARER]),
      naive('b', [{ ...BEARER, headers: ['x'], scheme: 'BEARER' }]),
      naive('c', [API_KEY]),
    ] as const;
    expect(authenticate(...strategies).schemes).toEqual(['BEARER']);
    expect(authenticate(naive('c', [API_KEY])).schemes).toEqual([]);
  });

  it('describes which credentials it takes', () => {
    expect(authenticate(naive('a', [BEARER, API_KEY]), { optional: true }).describe()).toEqual({
      guard: 'authenticate',
      credentials: [
        { strategy: 'a', headers: ['authorization'], scheme: 'Bearer', shape: 'any' },
        { strategy: 'a', headers: ['x-api-key'], scheme: null, shape: 'any' },
      ],
      optional: true,
    });
  });

  const bearer = naive('first', [BEARER]);
  it.each<[string, readonly unknown[], string]>([
    [
      'nothing',
      [],
      'option_missing: authenticate: give at least one strategy, such as new JwtBearerStrategy({ \u2026 }).',
    ],
    [
      'options only',
      [{ optional: true }],
      'option_missing: authenticate: give at least one strategy, such as new JwtBearerStrategy({ \u2026 }).',
    ],
    [
      'a name, as Passport takes it',
      ['jwt'],
      'option_invalid: authenticate: argument 1 must be a strategy of this package, which has a method "recognise", not a string.',
    ],
    [
      'undefined',
      [undefined],
      'option_missing: authenticate: argument 1 is required: give a strategy of this package, which has a method "recognise".',
    ],
    [
      'null',
      [bearer, null],
      'option_invalid: authenticate: argument 2 must be a strategy of this package, which has a method "recognise", not null.',
    ],
    [
      'a foreign Passport strategy',
      [{ name: 'local', authenticate: () => 0 }],
      'option_invalid: authenticate: argument 1 must be a strategy of this package, which has a method "recognise", not an object.',
    ],
    [
      'a class that was not constructed',
      [JwtBearerStrategy],
      'option_invalid: authenticate: argument 1 must be a strategy of this package, which has a method "recognise", not a function.',
    ],
    [
      'a list of strategies',
      [[bearer]],
      'option_invalid: authenticate: options must be an object, not a list.',
    ],
    [
      'options before a strategy',
      [{ optional: true }, bearer],
      'option_invalid: authenticate: argument 1 must be a strategy of this package, which has a method "recognise", not an object.',
    ],
    [
      'an unknown option',
      [bearer, { optinal: true }],
      'option_unknown: authenticate: unknown option "optinal"; did you mean "optional"?',
    ],
    [
      'an option that is no flag',
      [bearer, { optional: 'yes' }],
      'option_invalid: authenticate.optional must be true or false, not a string.',
    ],
    [
      'two strategies for one credential',
      [bearer, naive('second', [{ ...BEARER, scheme: 'bearer' }])],
      'strategies_overlap: authenticate: the strategies "first" and "second" could both take the same Bearer credential. Use one of them, give them different headers or schemes, or let one claim JWTs and the other opaque tokens.',
    ],
    [
      'two strategies for one header without scheme',
      [naive('first', [API_KEY]), naive('second', [API_KEY])],
      'strategies_overlap: authenticate: the strategies "first" and "second" could both take the same x-api-key credential. Use one of them, give them different headers or schemes, or let one claim JWTs and the other opaque tokens.',
    ],
    [
      'one strategy twice',
      [bearer, bearer],
      'strategies_overlap: authenticate: the strategies "first" and "first" could both take the same Bearer credential. Use one of them, give them different headers or schemes, or let one claim JWTs and the other opaque tokens.',
    ],
  ])('refuses %s', (_, args, message) => {
    expect(complaint(() => (authenticate as (...all: unknown[]) => unknown)(...args))).toBe(message);
  });
});

describe('open', () => {
  it('lets everyone pass as nobody, also those who bring a credential', () => {
    expect(decide(open('health check'), { authorization: 'Bearer abc' })).toEqual({
      kind: 'allow',
      principal: null,
    });
    expect(open('health check')).toMatchObject({ name: 'open', schemes: [] });
  });

  it('shows its reason to whoever lists the routes', () => {
    expect(open('health check').describe()).toEqual({ guard: 'open', reason: 'health check' });
  });

  it.each<[unknown, string]>([
    [undefined, 'option_missing: open(reason) is required: give a string that is not empty.'],
    ['', 'option_invalid: open(reason) must be a string that is not empty, not an empty string.'],
    [true, 'option_invalid: open(reason) must be a string that is not empty, not true.'],
  ])('refuses the reason %s', (reason, message) => {
    expect(complaint(() => open(reason as string))).toBe(message);
  });
});
