import { describe, expect, it } from 'vitest';
import type { SigningKeyEvent } from '../../../src/core/events.ts';
import { JWT_ALGORITHMS } from '../../../src/tokens/algorithms.ts';
import {
  closeRingsAfterEach,
  DAY,
  headerOf,
  HOUR,
  states,
  tokenOf,
  verdict,
  verifierOf,
  workshop,
} from './workshop.ts';

closeRingsAfterEach();

describe('signingKeys', () => {
  it('makes the first key on the first start and reads the same on every later one', async () => {
    const { ring, clock } = workshop();
    const first = ring();
    await first.ready();
    expect(await first.list()).toEqual([
      {
        kid: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/) as string,
        algorithm: 'ES256',
        state: 'active',
        publishedAt: clock.now(),
        activatedAt: clock.now(),
        retiredAt: null,
        forgetAt: null,
      },
    ]);
    const token = tokenOf(first, clock);
    const restarted = ring();
    await restarted.ready();
    expect(await restarted.list()).toEqual(await first.list());
    expect(await verdict(verifierOf(restarted, clock), token)).toBe('ada');
    expect(headerOf(tokenOf(restarted, clock))).toEqual(headerOf(token));
  });

  it.each(JWT_ALGORITHMS)('makes and keeps a key for %s', async (algorithm) => {
    const { ring, clock } = workshop();
    const keys = ring({ algorithm, rsaBits: 2048 });
    await keys.ready();
    const token = tokenOf(keys, clock);
    expect(headerOf(token)).toEqual({ alg: algorithm, typ: 'JWT', kid: keys.signingKey().kid });
    const restarted = ring({ algorithm });
    await restarted.ready();
    expect(await verdict(verifierOf(restarted, clock), token)).toBe('ada');
  });

  it('makes RSA keys of 3,072 bits by default, and of 2,048 when asked', async () => {
    const { ring } = workshop();
    const [long, short] = [
      ring({ algorithm: 'RS256' }),
      ring({ algorithm: 'PS256', rsaBits: 2048, name: 'b' }),
    ];
    await Promise.all([long.ready(), short.ready()]);
    const details = [long, short].map((keys) => keys.signingKey().verify.asymmetricKeyDetails);
    expect(details).toEqual([
      { modulusLength: 3072, publicExponent: 65_537n },
      { modulusLength: 2048, publicExponent: 65_537n },
    ]);
  });

  it('publishes the next key without signing with it, and promotes it when it has been published for long enough', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ publishSeconds: 100 });
    await keys.ready();
    const { kid: first } = keys.signingKey();

    const prepared = await keys.prepareNext();
    expect(prepared).toEqual({ outcome: 'prepared', kid: expect.any(String) as string });
    const { kid: next } = prepared as { kid: string };
    expect(keys.keys.map(({ kid, state }) => [kid, state])).toEqual([
      [first, 'active'],
      [next, 'next'],
    ]);
    expect(keys.signingKey().kid).toBe(first);

    expect(await keys.promote()).toEqual({ outcome: 'waiting', kid: next, waitSeconds: 100 });
    clock.advance(99.5);
    expect(await keys.promote()).toEqual({ outcome: 'waiting', kid: next, waitSeconds: 1 });
    expect(keys.signingKey().kid).toBe(first);
    clock.advance(0.5);
    expect(await keys.promote()).toEqual({ outcome: 'promoted', kid: next });
    expect(keys.signingKey().kid).toBe(next);
    expect(await states(keys)).toEqual(['retired', 'active']);
  });

  it('has one next key at a time, and nothing to promote without one', async () => {
    const { ring, clock } = workshop();
    const keys = ring();
    await keys.ready();
    expect(await keys.promote()).toEqual({ outcome: 'unchanged', kid: keys.signingKey().kid });
    const prepared = await keys.prepareNext();
    expect(await keys.prepareNext()).toEqual({ ...prepared, outcome: 'unchanged' });
    clock.advance(HOUR);
    await keys.promote();
    expect(await keys.promote()).toEqual({ ...prepared, outcome: 'unchanged' });
  });

  it('F19 verifies with a retired key to the very end of its time, and not a moment longer', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ retireAfterSeconds: 1000 });
    await keys.ready();
    const verifier = verifierOf(keys, clock);
    const token = tokenOf(keys, clock, DAY);
    await keys.prepareNext();
    clock.advance(HOUR);
    await keys.promote();
    const { revision } = keys;

    clock.advance(999.999);
    expect(await verdict(verifier, token)).toBe('ada');
    expect(keys.revision).toBe(revision);
    clock.advance(0.001);
    expect(await verdict(verifier, token)).toBe('token_key_unknown');
    expect(keys.revision).toBeGreaterThan(revision);
    expect(keys.keys.map(({ state }) => state)).toEqual(['active']);
  });

  it('deletes forgotten keys from the store with the next change', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ retireAfterSeconds: 1000 });
    await keys.ready();
    await keys.prepareNext();
    clock.advance(HOUR);
    await keys.promote();
    clock.advance(1000);
    expect(await states(keys)).toEqual(['retired', 'active']);
    await keys.prepareNext();
    expect(await states(keys)).toEqual(['active', 'next']);
  });

  it('signs for a moment with the key of that moment, which a new key becomes after five seconds', async () => {
    const { ring, clock } = workshop();
    const keys = ring();
    await keys.ready();
    const { kid: first } = keys.signingKey();
    await keys.prepareNext();
    clock.advance(HOUR);
    await keys.promote();
    const { kid: second } = keys.signingKey();
    const now = clock.now();
    const signers = [-HOUR * 500, -1, 0, 4999, 5000].map((ms) => keys.signingKey(now + ms).kid);
    expect(signers).toEqual([first, first, first, first, second]);
    // A key that is gone signs nothing, whatever the moment.
    await keys.revoke(String(first));
    expect(keys.signingKey(now).kid).toBe(second);
  });

  it('tells its overlap, so that whoever signs with it can check the lifetimes', () => {
    const { ring } = workshop();
    expect(ring().overlap).toEqual({ publishSeconds: 3_600, retireAfterSeconds: 691_200 });
  });

  it('keeps rings of different names apart', async () => {
    const { ring, clock } = workshop();
    const one = ring({ name: 'one' });
    const two = ring({ name: 'two' });
    await one.ready();
    await two.ready();
    expect(await verdict(verifierOf(two, clock), tokenOf(one, clock))).toBe('token_key_unknown');
  });

  it('JWT-04 refuses a token that names a known key with another algorithm', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ algorithm: 'RS256', rsaBits: 2048 });
    await keys.ready();
    const { kid } = keys.signingKey();
    expect(keys.candidates('RS256', kid)).toHaveLength(1);
    expect(keys.candidates('RS512', kid)).toEqual([]);
    expect(keys.candidates('PS256', kid)).toEqual([]);
    expect(keys.candidates('HS256', kid)).toEqual([]);
    expect(await verdict(verifierOf(keys, clock), tokenOf(keys, clock))).toBe('ada');
  });

  it('tells of every change, once and on the node that made it', async () => {
    const { ring, clock } = workshop();
    const events: SigningKeyEvent[] = [];
    const keys = ring({ onEvent: (event) => events.push(event), name: 'main' });
    const silent: SigningKeyEvent[] = [];
    const other = ring({ onEvent: (event) => silent.push(event), name: 'main' });
    await keys.ready();
    await other.ready();
    await keys.prepareNext();
    await keys.promote();
    clock.advance(HOUR);
    await keys.promote();
    await keys.promote();
    const [first, second] = await keys.list();
    await keys.revoke(String(first?.kid));
    const at = clock.now();
    expect(events).toEqual([
      { type: 'signing_key', action: 'prepared', ring: 'main', kid: first?.kid, at: at - HOUR * 1000 },
      { type: 'signing_key', action: 'promoted', ring: 'main', kid: first?.kid, at: at - HOUR * 1000 },
      { type: 'signing_key', action: 'prepared', ring: 'main', kid: second?.kid, at: at - HOUR * 1000 },
      { type: 'signing_key', action: 'promoted', ring: 'main', kid: second?.kid, at },
      { type: 'signing_key', action: 'revoked', ring: 'main', kid: first?.kid, at },
    ]);
    expect(silent).toEqual([]);
  });
});
