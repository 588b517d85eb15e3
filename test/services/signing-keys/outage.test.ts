import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { SigningKeyEvent } from '../../../src/core/events.ts';
import { forge, TEST_SECRET } from '../../support/jwt-forge.ts';
import {
  closeRingsAfterEach,
  DAY,
  HOUR,
  settle,
  tokenOf,
  verdict,
  verifierOf,
  workshop,
  type Workshop,
} from './workshop.ts';

closeRingsAfterEach();

/** A token of a key that nobody has. */
function tokenOfNobody(shop: Workshop, kid: string): string {
  return forge({
    header: { alg: 'HS256', typ: 'JWT', kid },
    payload: { sub: 'eve', exp: shop.clock.seconds() + HOUR },
    key: TEST_SECRET,
    algorithm: 'HS256',
  });
}

function outcomeOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    return thrown;
  }
}

describe('a ring that was never read', () => {
  it('reads the keys for the first token that it verifies', async () => {
    const shop = workshop();
    const first = shop.ring();
    await first.ready();
    const token = tokenOf(first, shop.clock);
    expect(await verdict(verifierOf(shop.ring(), shop.clock), token)).toBe('ada');
  });

  it('reads nothing before it is asked', async () => {
    const shop = workshop();
    const ring = shop.ring();
    verifierOf(ring, shop.clock);
    await settle();
    expect(shop.store.readings).toBe(0);
  });

  it('signs nothing, refuses no token as unknown and starts no reading for each, while the store is down', async () => {
    const shop = workshop();
    const first = shop.ring({ algorithm: 'HS256' });
    await first.ready();
    const token = tokenOf(first, shop.clock);
    shop.store.down = true;
    const ring = shop.ring();
    const verifier = verifierOf(ring, shop.clock);
    await expect(ring.ready()).rejects.toBeInstanceOf(StoreError);
    await expect(Promise.resolve(ring.fresh?.())).rejects.toBeInstanceOf(StoreError);
    expect(outcomeOf(() => ring.signingKey())).toBeInstanceOf(StoreError);
    const { readings } = shop.store;
    for (let again = 0; again < 100; again++) {
      await expect(Promise.resolve(verifier.verify(token))).rejects.toBeInstanceOf(StoreError);
    }
    expect(shop.store.readings - readings).toBeLessThanOrEqual(1);

    shop.store.down = false;
    shop.clock.advance(1);
    expect(await verdict(verifier, token)).toBe('ada');
  });

  it('verifies what its imported keys signed, also while the store is down', async () => {
    const shop = workshop();
    shop.store.down = true;
    const ring = shop.ring({ import: { key: TEST_SECRET, algorithm: 'HS256' } });
    const token = forge({
      payload: { sub: 'ada', exp: shop.clock.seconds() + HOUR },
      key: TEST_SECRET,
      algorithm: 'HS256',
    });
    expect(await verdict(verifierOf(ring, shop.clock), token)).toBe('ada');
    const forged = forge({ payload: { sub: 'eve' }, key: `${TEST_SECRET}!`, algorithm: 'HS256' });
    expect(await verdict(verifierOf(ring, shop.clock), forged)).toBe('token_signature_invalid');
  });

  it('does not sign with an imported key, since it cannot know whether that still signs', async () => {
    const shop = workshop();
    const ring = shop.ring({ import: { key: TEST_SECRET, algorithm: 'HS256', state: 'active' } });
    expect(outcomeOf(() => ring.signingKey())).toBeInstanceOf(StoreError);
    await ring.ready();
    expect(ring.signingKey()).toMatchObject({ kid: null, algorithm: 'HS256' });
  });
});

describe('a ring whose store goes down', () => {
  it('goes on verifying with what it knows, for as long as that is good', async () => {
    const shop = workshop();
    const ring = shop.ring({ retireAfterSeconds: 2 * HOUR });
    await ring.ready();
    const verifier = verifierOf(ring, shop.clock);
    const retired = tokenOf(ring, shop.clock);
    await ring.prepareNext();
    shop.clock.advance(HOUR);
    await ring.promote();
    const current = tokenOf(ring, shop.clock);

    shop.store.down = true;
    shop.clock.advance(HOUR);
    expect([await verdict(verifier, retired), await verdict(verifier, current)]).toEqual(['ada', 'ada']);
    await settle();
    shop.clock.advance(HOUR);
    expect([await verdict(verifier, retired), await verdict(verifier, current)]).toEqual([
      'token_key_unknown',
      'ada',
    ]);
  });

  it('cannot say of an unknown key whether it is one, and asks once a second at most', async () => {
    const shop = workshop();
    const ring = shop.ring({ algorithm: 'HS256' });
    await ring.ready();
    await settle();
    const verifier = verifierOf(ring, shop.clock);
    shop.store.down = true;
    const { readings } = shop.store;
    for (let n = 0; n < 100; n++) {
      await expect(Promise.resolve(verifier.verify(tokenOfNobody(shop, `k${n}`)))).rejects.toBeInstanceOf(
        StoreError,
      );
    }
    expect(shop.store.readings - readings).toBe(1);
    shop.clock.advance(1);
    await expect(Promise.resolve(verifier.verify(tokenOfNobody(shop, 'k')))).rejects.toBeInstanceOf(
      StoreError,
    );
    expect(shop.store.readings - readings).toBe(2);
    // Nobody has to be asked that a signature is wrong.
    const kid = String(ring.signingKey().kid);
    expect(await verdict(verifier, tokenOfNobody(shop, kid))).toBe('token_signature_invalid');
  });

  it('does not take a reading for fresh that has been under way for a minute', async () => {
    const shop = workshop();
    const ring = shop.ring();
    await ring.ready();
    await settle();
    shop.clock.advance(60);
    const release = shop.store.hold();
    const { readings } = shop.store;
    const first = ring.fresh?.();
    await settle();
    shop.clock.advance(60);
    const second = ring.fresh?.();
    release();
    await Promise.all([first, second]);
    expect(shop.store.readings - readings).toBe(2);
    expect(ring.fresh?.()).toBeUndefined();
  });

  it('signs nothing that it has no fresh key for, and does again when the store is back', async () => {
    const shop = workshop();
    const ring = shop.ring();
    await ring.ready();
    await settle();
    shop.store.down = true;
    expect(ring.fresh?.()).toBeUndefined();
    shop.clock.advance(60);
    await expect(Promise.resolve(ring.fresh?.())).rejects.toBeInstanceOf(StoreError);
    shop.store.down = false;
    await ring.fresh?.();
    expect(ring.fresh?.()).toBeUndefined();
  });

  it('tells of it once, until it has been well again', async () => {
    const shop = workshop();
    const events: SigningKeyEvent[] = [];
    const ring = shop.ring({ onEvent: (event) => events.push(event) });
    await ring.ready();
    events.length = 0;
    for (let outage = 0; outage < 2; outage++) {
      shop.store.down = true;
      for (let again = 0; again < 5; again++) {
        shop.clock.advance(60);
        await Promise.resolve(ring.fresh?.()).catch(() => undefined);
      }
      shop.store.down = false;
      await ring.fresh?.();
    }
    expect(events.map(({ action, kid, cause }) => [action, kid, String(cause)])).toEqual([
      ['unreadable', null, 'StoreError: the store is down'],
      ['unreadable', null, 'StoreError: the store is down'],
    ]);
  });

  it('answers an edit with StoreError, and makes it when it is repeated', async () => {
    const shop = workshop();
    const ring = shop.ring();
    await ring.ready();
    shop.store.down = true;
    for (const edit of [
      () => ring.prepareNext(),
      () => ring.promote(),
      () => ring.revoke('any'),
      () => ring.rotateIfDue({ everySeconds: DAY }),
      () => ring.list(),
    ]) {
      await expect(edit()).rejects.toBeInstanceOf(StoreError);
    }
    shop.store.down = false;
    shop.store.losesLines = true;
    // The key is made; only the others were not told of it.
    await expect(ring.prepareNext()).rejects.toBeInstanceOf(StoreError);
    shop.store.losesLines = false;
    expect(await ring.prepareNext()).toMatchObject({ outcome: 'unchanged' });
  });
});

describe('a flood of tokens that name keys which do not exist', () => {
  it('JWT-22 costs one reading of the store in 30 seconds at most', async () => {
    const shop = workshop();
    const ring = shop.ring();
    await ring.ready();
    await settle();
    const verifier = verifierOf(ring, shop.clock);
    const { readings } = shop.store;
    for (let n = 0; n < 500; n++) {
      expect(await verdict(verifier, tokenOfNobody(shop, `made-up-${n}`))).toBe('token_algorithm_refused');
    }
    expect(shop.store.readings - readings).toBe(0);

    const es = shop.ring({ algorithm: 'HS256', name: 'secrets' });
    await es.ready();
    await settle();
    const other = verifierOf(es, shop.clock);
    const before = shop.store.readings;
    for (let n = 0; n < 500; n++) {
      expect(await verdict(other, tokenOfNobody(shop, `made-up-${n}`))).toBe('token_key_unknown');
    }
    const flood = Array.from({ length: 500 }, (_, n) => verdict(other, tokenOfNobody(shop, `at-once-${n}`)));
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['token_key_unknown']));
    expect(shop.store.readings - before).toBe(1);

    shop.clock.advance(29.9);
    await verdict(other, tokenOfNobody(shop, 'later'));
    expect(shop.store.readings - before).toBe(1);
    shop.clock.advance(0.1);
    await verdict(other, tokenOfNobody(shop, 'later'));
    await verdict(other, tokenOfNobody(shop, 'later-still'));
    expect(shop.store.readings - before).toBe(2);
  });

  it('JWT-22 finds a key that is there, at the price of that one reading', async () => {
    const shop = workshop();
    const here = shop.ring({ algorithm: 'HS256' });
    const there = shop.ring({ algorithm: 'HS256' });
    await here.ready();
    await there.ready();
    await settle();
    const verifier = verifierOf(there, shop.clock);
    shop.store.losesLines = true;
    await here.revoke(String(here.signingKey().kid)).catch(() => undefined);
    await here.ready();
    const { readings } = shop.store;
    expect(await verdict(verifier, tokenOf(here, shop.clock))).toBe('ada');
    expect(shop.store.readings - readings).toBe(1);
  });

  it('does not make a token of a known key wait for the store', async () => {
    const shop = workshop();
    const ring = shop.ring({ algorithm: 'HS256' });
    await ring.ready();
    await settle();
    const verifier = verifierOf(ring, shop.clock);
    const token = tokenOf(ring, shop.clock);
    const release = shop.store.hold();
    const waiting = verdict(verifier, tokenOfNobody(shop, 'made-up'));
    expect(verifier.verify(token)).toMatchObject({ sub: 'ada' });
    release();
    expect(await waiting).toBe('token_key_unknown');
  });
});
