import { describe, expect, it } from 'vitest';
import {
  authorizationStates,
  type ExpectedAuthorization,
  type NewAuthorization,
} from '../../src/providers/authorization-states.ts';
import { codeChallenge } from '../../src/providers/pkce.ts';
import type { Store } from '../../src/core/store.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { movableClock } from '../support/movable-clock.ts';

const BEGUN: NewAuthorization = {
  purpose: 'sign-in',
  provider: 'google',
  callbackUrl: 'https://api.example/callback',
  browser: 'the-browser-of-ada',
  data: { returnTo: '/app' },
};

const EXPECTED: ExpectedAuthorization = {
  purpose: 'sign-in',
  provider: 'google',
  callbackUrl: 'https://api.example/callback',
  browser: 'the-browser-of-ada',
};

function keeper() {
  const clock = movableClock();
  const store = memoryStore({ clock });
  return { clock, store, states: authorizationStates(store, clock) };
}

describe('authorizationStates', () => {
  it('gives back once what was begun', async () => {
    const { states } = keeper();
    const begun = await states.begin(BEGUN);
    expect(await states.finish(begun.state, EXPECTED)).toEqual({
      ...begun,
      callbackUrl: 'https://api.example/callback',
      data: { returnTo: '/app' },
    });
    expect(await states.finish(begun.state, EXPECTED)).toBe('unknown');
  });

  it('OC-01 OC-02 makes state, verifier and nonce afresh each time, of 256 bits', async () => {
    const { states } = keeper();
    const begun = await Promise.all(Array.from({ length: 20 }, () => states.begin(BEGUN)));
    const texts = begun.flatMap(({ state, codeVerifier, nonce }) => [state, codeVerifier, nonce]);
    expect(new Set(texts).size).toBe(60);
    expect(texts.filter((text) => !/^[\w-]{43}$/.test(text))).toEqual([]);
  });

  it('OC-01 lets one of many simultaneous answers through', async () => {
    const { states } = keeper();
    const { state } = await states.begin(BEGUN);
    const answers = await Promise.all(Array.from({ length: 20 }, () => states.finish(state, EXPECTED)));
    expect(answers.filter((answer) => answer !== 'unknown')).toHaveLength(1);
  });

  it.each([
    ['browser', { browser: 'the-browser-of-eve' }],
    ['browser, which says nothing', { browser: null }],
    ['provider', { provider: 'facebook' }],
    ['purpose', { purpose: 'connection' }],
    ['callback', { callbackUrl: 'https://api.example/callback/' }],
  ])('OC-01 refuses the answer of another %s, and is not used up by it', async (_title, changed) => {
    const { states } = keeper();
    const { state } = await states.begin(BEGUN);
    expect(await states.finish(state, { ...EXPECTED, ...changed })).toBe('mismatched');
    expect(await states.finish(state, EXPECTED)).toMatchObject({ state });
  });

  it('takes an answer from nowhere only where that is said, and never from another browser', async () => {
    const { states } = keeper();
    const { state } = await states.begin(BEGUN);
    const anywhere = { ...EXPECTED, callbackUrl: undefined, dangerouslyFromAnywhere: true };
    expect(await states.finish(state, { ...anywhere, browser: 'the-browser-of-eve' })).toBe('mismatched');
    expect(await states.finish(state, { ...anywhere, browser: null })).toMatchObject({
      callbackUrl: 'https://api.example/callback',
    });
  });

  it('forgets a state after ten minutes', async () => {
    const { states, clock } = keeper();
    const [first, second] = [await states.begin(BEGUN), await states.begin(BEGUN)];
    clock.advance(599);
    expect(await states.finish(first.state, EXPECTED)).toMatchObject({ state: first.state });
    clock.advance(1);
    expect(await states.finish(second.state, EXPECTED)).toBe('unknown');
  });

  it.each([
    ['an empty text', ''],
    ['a text that is too short', 'A'],
    ['a text of the right form', 'A'.repeat(43)],
    ['control characters', '\u0000'.repeat(43)],
    ['a path', '../../etc/passwd'],
    ['padding', `${'A'.repeat(42)}=`],
    ['a long text', 'A'.repeat(100_000)],
  ])('OC-01 knows no state that was never given out: %s', async (_title, state) => {
    const { states } = keeper();
    await states.begin(BEGUN);
    expect(await states.finish(state, EXPECTED)).toBe('unknown');
  });

  it('OC-01 knows no other spelling of a state', async () => {
    const { states } = keeper();
    const { state } = await states.begin(BEGUN);
    const bits = Buffer.from(state, 'base64url');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const twins = alphabet
      .split('')
      .map((last) => state.slice(0, 42) + last)
      .filter((twin) => twin !== state && Buffer.from(twin, 'base64url').equals(bits));
    expect(twins).toHaveLength(3);
    for (const twin of twins) expect(await states.finish(twin, EXPECTED)).toBe('unknown');
  });

  it('keeps nothing in the store by which anybody could finish an authorization', async () => {
    const { store, clock } = keeper();
    const written: unknown[] = [];
    const observed: Store = new Proxy(store, {
      get: (target, name, receiver) =>
        name === 'put'
          ? (...args: Parameters<Store['put']>) => {
              written.push(args);
              return target.put(...args);
            }
          : (Reflect.get(target, name, receiver) as unknown),
    });
    const { state, codeVerifier, nonce } = await authorizationStates(observed, clock).begin(BEGUN);
    const text = JSON.stringify(written);
    for (const secret of [state, codeVerifier, nonce, BEGUN.browser, 'returnTo', 'google']) {
      expect(text).not.toContain(secret);
    }
  });

  it('OC-01 lets one answer through again after a state was restored, until the end it had', async () => {
    const { states, clock } = keeper();
    const begun = await states.begin(BEGUN);
    await states.finish(begun.state, EXPECTED);
    await states.restore(begun.state);
    const answers = await Promise.all(Array.from({ length: 5 }, () => states.finish(begun.state, EXPECTED)));
    expect(answers.filter((answer) => answer !== 'unknown')).toEqual([
      { ...begun, callbackUrl: 'https://api.example/callback', data: { returnTo: '/app' } },
    ]);
    await states.restore(begun.state);
    clock.advance(600);
    expect(await states.finish(begun.state, EXPECTED)).toBe('unknown');
  });

  it('restores nothing that was never given out', async () => {
    const { states } = keeper();
    await states.restore('A'.repeat(43));
    expect(await states.finish('A'.repeat(43), EXPECTED)).toBe('unknown');
  });

  it('forgets one that was begun for less time earlier', async () => {
    const { states, clock } = keeper();
    const { state } = await states.begin({ ...BEGUN, ttlSeconds: 60 });
    clock.advance(60);
    expect(await states.finish(state, EXPECTED)).toBe('unknown');
  });
});

describe('codeChallenge', () => {
  it('OC-02 is that of RFC 7636 appendix B', () => {
    expect(codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });
});
