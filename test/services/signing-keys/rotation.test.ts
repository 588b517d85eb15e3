import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
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

describe('revoke', () => {
  it('forgets a retired key at once, and what it signed with it', async () => {
    const { ring, clock } = workshop();
    const keys = ring();
    await keys.ready();
    const verifier = verifierOf(keys, clock);
    const token = tokenOf(keys, clock);
    const { kid } = keys.signingKey();
    await keys.prepareNext();
    clock.advance(HOUR);
    await keys.promote();
    expect(await verdict(verifier, token)).toBe('ada');
    expect(await keys.revoke(String(kid))).toEqual({
      outcome: 'revoked',
      kid,
      activeKid: keys.signingKey().kid,
    });
    expect(await verdict(verifier, token)).toBe('token_key_unknown');
    expect(await keys.revoke(String(kid))).toEqual({ outcome: 'unknown' });
  });

  it('puts the next key in the place of the active one, however short it has been published', async () => {
    const { ring, clock } = workshop();
    const keys = ring();
    await keys.ready();
    const stolen = tokenOf(keys, clock);
    const { kid } = (await keys.prepareNext()) as { kid: string };
    const active = String(keys.signingKey().kid);
    expect(await keys.revoke(active)).toEqual({ outcome: 'revoked', kid: active, activeKid: kid });
    expect(keys.signingKey().kid).toBe(kid);
    expect(await states(keys)).toEqual(['active']);
    expect(await verdict(verifierOf(keys, clock), stolen)).toBe('token_key_unknown');
  });

  it('makes a new key in the place of the active one when none is next', async () => {
    const { ring, clock } = workshop();
    const keys = ring();
    await keys.ready();
    const active = String(keys.signingKey().kid);
    const revocation = await keys.revoke(active);
    expect(revocation).toEqual({ outcome: 'revoked', kid: active, activeKid: keys.signingKey().kid });
    expect(keys.signingKey().kid).not.toBe(active);
    expect(await verdict(verifierOf(keys, clock), tokenOf(keys, clock))).toBe('ada');
  });

  it('withdraws a next key and leaves the active one alone', async () => {
    const { ring } = workshop();
    const keys = ring();
    await keys.ready();
    const active = keys.signingKey().kid;
    const { kid } = (await keys.prepareNext()) as { kid: string };
    expect(await keys.revoke(kid)).toEqual({ outcome: 'revoked', kid, activeKid: active });
    expect(await states(keys)).toEqual(['active']);
  });
});

describe('rotateIfDue', () => {
  it('prepares the next key in time, promotes it when the active one is due, and does nothing in between', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ publishSeconds: HOUR, retireAfterSeconds: 2 * DAY });
    await keys.ready();
    const start = clock.seconds();
    const steps: [number, string][] = [];
    while (clock.seconds() < start + 3 * DAY) {
      const { outcome } = await keys.rotateIfDue({ everySeconds: DAY });
      if (outcome !== 'unchanged') steps.push([(clock.seconds() - start) / HOUR, outcome]);
      clock.advance(HOUR / 2);
    }
    expect(steps).toEqual([
      [23, 'prepared'],
      [24, 'promoted'],
      [47, 'prepared'],
      [48, 'promoted'],
      [71, 'prepared'],
    ]);
  });

  it('does not promote before the next key has been published for long enough, however late it is', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ publishSeconds: HOUR });
    await keys.ready();
    clock.advance(30 * DAY);
    const rotate = async (): Promise<string> => (await keys.rotateIfDue({ everySeconds: DAY })).outcome;
    expect([await rotate(), await rotate()]).toEqual(['prepared', 'unchanged']);
    clock.advance(HOUR);
    expect(await rotate()).toBe('promoted');
  });

  it('lets a key that was prepared early wait until the active one is due', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ publishSeconds: HOUR });
    await keys.ready();
    await keys.prepareNext();
    clock.advance(DAY - 1);
    expect(await keys.rotateIfDue({ everySeconds: DAY })).toMatchObject({ outcome: 'unchanged' });
    clock.advance(1);
    expect(await keys.rotateIfDue({ everySeconds: DAY })).toMatchObject({ outcome: 'promoted' });
  });

  it('deletes forgotten keys', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ publishSeconds: HOUR, retireAfterSeconds: HOUR });
    await keys.ready();
    await keys.prepareNext();
    clock.advance(HOUR);
    await keys.promote();
    clock.advance(HOUR);
    expect(await states(keys)).toEqual(['retired', 'active']);
    expect(await keys.rotateIfDue({ everySeconds: DAY })).toEqual({
      outcome: 'unchanged',
      kid: keys.signingKey().kid,
    });
    expect(await states(keys)).toEqual(['active']);
  });

  it('refuses to rotate more often than keys are published, and unknown options', async () => {
    const keys = workshop().ring({ publishSeconds: HOUR });
    await expect(keys.rotateIfDue({ everySeconds: HOUR })).rejects.toMatchObject({ code: 'option_conflict' });
    await expect(keys.rotateIfDue({ everySeconds: 0 })).rejects.toMatchObject({ code: 'option_invalid' });
    await expect(keys.rotateIfDue({ every: DAY } as never)).rejects.toMatchObject({ code: 'option_unknown' });
  });

  it('lets no ring grow beyond 64 keys: it waits until the first is forgotten', async () => {
    const { ring, clock } = workshop();
    const keys = ring({ algorithm: 'HS256', publishSeconds: 1, retireAfterSeconds: DAY });
    await keys.ready();
    for (let made = 1; made < 64; made++) {
      await keys.prepareNext();
      clock.advance(1);
      await keys.promote();
    }
    expect(await keys.prepareNext()).toEqual({ outcome: 'waiting', waitSeconds: DAY - 62 });
    expect(await keys.rotateIfDue({ everySeconds: 2 })).toMatchObject({ outcome: 'unchanged' });
    expect(keys.keys).toHaveLength(64);
    clock.advance(DAY - 62);
    expect(await keys.prepareNext()).toMatchObject({ outcome: 'prepared' });
  });
});

describe('a verifier over a ring that lives', () => {
  it('accepts keys of an algorithm that the ring has only now', async () => {
    const { ring, clock } = workshop();
    const old = ring({ algorithm: 'HS256' });
    await old.ready();
    const verifier = verifierOf(old, clock);
    const before = tokenOf(old, clock);
    expect(await verdict(verifier, before)).toBe('ada');
    expect(old.algorithms).toEqual(new Set(['HS256']));

    const renewed = ring({ algorithm: 'ES256' });
    await renewed.ready();
    await renewed.prepareNext();
    clock.advance(HOUR);
    await renewed.promote();
    await old.fresh?.();
    const after = tokenOf(renewed, clock);
    expect(headerOf(after).alg).toBe('ES256');
    expect([await verdict(verifier, after), await verdict(verifier, before)]).toEqual(['ada', 'ada']);
    expect(old.algorithms).toEqual(new Set(['ES256', 'HS256']));
  });

  it('forgets what it remembered of a key that is gone, and only then', async () => {
    const { ring, clock } = workshop();
    const keys = ring();
    await keys.ready();
    let checks = 0;
    const verifier = verifierOf(
      {
        get algorithms() {
          return keys.algorithms;
        },
        get revision() {
          return keys.revision;
        },
        candidates(...asked) {
          checks += 1;
          return keys.candidates(...asked);
        },
      },
      clock,
    );
    const token = tokenOf(keys, clock);
    for (let again = 0; again < 3; again++) expect(await verdict(verifier, token)).toBe('ada');
    expect(checks).toBe(1);
    await keys.prepareNext();
    clock.advance(HOUR);
    await verdict(verifier, token);
    expect(checks).toBe(2);
    // Which of the keys signs makes no difference to who verifies.
    await keys.promote();
    await verdict(verifier, token);
    expect(checks).toBe(2);
    await keys.revoke(String(headerOf(token).kid));
    expect(await verdict(verifier, token)).toBe('token_key_unknown');
    const answer = await verifier.verify(token);
    expect(isAuthError(answer)).toBe(true);
  });
});
