import { describe, expect, it } from 'vitest';
import type { SigningKeys, SigningKeysOptions } from '../../../src/services/signing-keys.ts';
import { forge, TEST_SECRET } from '../../support/jwt-forge.ts';
import { expectPair, type PairData } from '../../systems/b2b/expectations.ts';
import { NODE_HOST } from '../../systems/b2b/hosts.ts';
import { startStage, stopStagesAfterEach, type Stage, type StageOptions } from '../../systems/b2b/stage.ts';
import { closeRingsAfterEach, DAY, headerOf, HOUR, workshop } from './workshop.ts';

stopStagesAfterEach();
closeRingsAfterEach();

const OLD_SECRET = TEST_SECRET;

/** A deployment before the ring, and its successor over the same store. */
async function deployments(
  before: Pick<StageOptions, 'keys' | 'algorithm'>,
  ring: Partial<SigningKeysOptions>,
): Promise<{ readonly old: Stage; readonly renewed: Stage; readonly keys: SigningKeys }> {
  const shop = workshop();
  const { store, clock } = shop;
  const old = await startStage(NODE_HOST, { store, clock, ...before });
  const keys = shop.ring(ring);
  await keys.ready();
  const renewed = await startStage(NODE_HOST, { store, clock, keys });
  return { old, renewed, keys };
}

async function status(stage: Stage, token: string): Promise<number> {
  return (await stage.products(token)).status;
}

async function refreshed(stage: Stage, pair: PairData): Promise<PairData> {
  return expectPair(await stage.refresh(pair.refresh_token));
}

describe('a system that moves from one secret to a ring', () => {
  it('logs nobody out: access and refresh tokens of the secret go on, and new ones are of the ring', async () => {
    const { old, renewed, keys } = await deployments(
      { keys: OLD_SECRET },
      { algorithm: 'HS256', import: { key: OLD_SECRET } },
    );
    const before = await old.login();
    expect(headerOf(before.access_token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(headerOf(before.refresh_token)).toEqual({ alg: 'HS256', typ: 'JWT' });

    expect(await status(renewed, before.access_token)).toBe(200);
    const after = await refreshed(renewed, before);
    const { kid } = keys.signingKey();
    expect(headerOf(after.access_token)).toEqual({ alg: 'HS256', typ: 'JWT', kid });
    expect(headerOf(after.refresh_token)).toEqual({ alg: 'HS256', typ: 'JWT', kid });
    expect(await status(renewed, after.access_token)).toBe(200);
    await refreshed(renewed, after);
  });

  it('does not accept another secret for want of a kid', async () => {
    const { renewed } = await deployments(
      { keys: OLD_SECRET },
      { algorithm: 'HS256', import: { key: OLD_SECRET } },
    );
    const forged = forge({
      payload: { sub: '123456', client_id: 123_456, typ: 'access' },
      key: `${OLD_SECRET}!`,
      algorithm: 'HS256',
    });
    expect(await status(renewed, forged)).toBe(401);
  });

  it('ends what the secret signed when it is no longer imported', async () => {
    const shop = workshop();
    const { store, clock } = shop;
    const old = await startStage(NODE_HOST, { store, clock, keys: OLD_SECRET });
    const pair = await old.login();
    const keys = shop.ring({ algorithm: 'HS256' });
    const renewed = await startStage(NODE_HOST, { store, clock, keys });
    expect(await status(renewed, pair.access_token)).toBe(401);
    expect((await renewed.refresh(pair.refresh_token)).status).toBe(401);
  });

  it('ends it at a moment that was set, too', async () => {
    const shop = workshop();
    const { store, clock } = shop;
    const old = await startStage(NODE_HOST, { store, clock, keys: OLD_SECRET });
    const pair = await old.login();
    const forgetAt = clock.now() + 600_000;
    const keys = shop.ring({ algorithm: 'HS256', import: { key: OLD_SECRET, forgetAt } });
    const renewed = await startStage(NODE_HOST, { store, clock, keys });
    clock.advance(599.999);
    expect(await status(renewed, pair.access_token)).toBe(200);
    clock.advance(0.001);
    expect(await status(renewed, pair.access_token)).toBe(401);
    expect((await renewed.refresh(pair.refresh_token)).status).toBe(401);
  });
});

describe('a system that moves from HS256 to ES256', () => {
  it('logs nobody out: access and refresh tokens of the secret go on, and new ones are of the new algorithm', async () => {
    const { old, renewed, keys } = await deployments(
      { keys: OLD_SECRET },
      { algorithm: 'ES256', import: { key: OLD_SECRET, algorithm: 'HS256' } },
    );
    const before = await old.login();
    expect(await status(renewed, before.access_token)).toBe(200);
    const after = await refreshed(renewed, before);
    const { kid } = keys.signingKey();
    expect(headerOf(after.access_token)).toEqual({ alg: 'ES256', typ: 'JWT', kid });
    expect(await status(renewed, after.access_token)).toBe(200);
    expect((await renewed.refresh(after.refresh_token)).status).toBe(200);
  });

  it('JWT-03 still takes no secret for the new key', async () => {
    const { renewed, keys } = await deployments(
      { keys: OLD_SECRET },
      { algorithm: 'ES256', import: { key: OLD_SECRET, algorithm: 'HS256' } },
    );
    const { kid, verify } = keys.signingKey();
    const publicPem = verify.export({ type: 'spki', format: 'pem' }).toString();
    const now = renewed.clock.seconds();
    const payload = {
      sub: '123456',
      client_id: 123_456,
      typ: 'access',
      jti: 'a',
      sid: 'b',
      gen: 1,
      av: now * 1000,
      exp: now + 60,
    };
    const forgeries = [publicPem, OLD_SECRET].map((key) =>
      forge({ header: { alg: 'HS256', typ: 'JWT', kid }, payload, key, algorithm: 'HS256' }),
    );
    expect(await Promise.all(forgeries.map((token) => status(renewed, token)))).toEqual([401, 401]);
  });

  it('works from a ring of one algorithm to a ring of another as well', async () => {
    const shop = workshop();
    const { store, clock } = shop;
    const hs = shop.ring({ algorithm: 'HS256' });
    await hs.ready();
    const old = await startStage(NODE_HOST, { store, clock, keys: hs });
    const before = await old.login();
    const es = shop.ring({ algorithm: 'ES256' });
    await es.ready();
    await es.prepareNext();
    clock.advance(HOUR - 60);
    const late = await old.login();
    clock.advance(60);
    await es.promote();
    const renewed = await startStage(NODE_HOST, { store, clock, keys: es });
    expect(await status(renewed, late.access_token)).toBe(200);
    const after = await refreshed(renewed, before);
    expect(headerOf(after.access_token).alg).toBe('ES256');
    expect([await status(renewed, after.access_token), await status(old, after.access_token)]).toEqual([
      200, 200,
    ]);
  });
});

describe('a system whose processes are replaced one by one', () => {
  it('signs with the imported key until the ring is promoted, so that old processes can read every token', async () => {
    const { old, renewed, keys } = await deployments(
      { keys: OLD_SECRET },
      { algorithm: 'ES256', import: { key: OLD_SECRET, algorithm: 'HS256', state: 'active' } },
    );
    const here = await renewed.login();
    expect(headerOf(here.access_token)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(await status(old, here.access_token)).toBe(200);
    const there = await refreshed(old, here);
    expect(await status(renewed, there.access_token)).toBe(200);
    expect(keys.keys.map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['HS256', 'active'],
      ['ES256', 'next'],
    ]);

    expect(await keys.promote()).toMatchObject({ outcome: 'waiting', waitSeconds: HOUR });
    renewed.clock.advance(HOUR - 1);
    const last = await renewed.login();
    renewed.clock.advance(1);
    expect(await keys.promote()).toMatchObject({ outcome: 'promoted' });
    expect(keys.keys.map(({ algorithm, state }) => [algorithm, state])).toEqual([
      ['ES256', 'active'],
      ['HS256', 'retired'],
    ]);
    expect(await status(renewed, last.access_token)).toBe(200);
    expect(headerOf((await refreshed(renewed, there)).access_token).alg).toBe('ES256');
  });

  it('promotes by itself when rotations are scheduled', async () => {
    const shop = workshop();
    const keys = shop.ring({ import: { key: OLD_SECRET, algorithm: 'HS256', state: 'active' } });
    await keys.ready();
    expect(await keys.rotateIfDue({ everySeconds: 30 * DAY })).toEqual({ outcome: 'unchanged', kid: null });
    shop.clock.advance(HOUR);
    expect(await keys.rotateIfDue({ everySeconds: 30 * DAY })).toMatchObject({ outcome: 'promoted' });
    expect(await keys.rotateIfDue({ everySeconds: 30 * DAY })).toMatchObject({ outcome: 'unchanged' });
  });

  it('lets the next key sign at once when the imported one is left out before it was promoted', async () => {
    const shop = workshop();
    const first = shop.ring({ import: { key: OLD_SECRET, algorithm: 'HS256', state: 'active' } });
    await first.ready();
    const [next] = await first.list();
    const second = shop.ring();
    await second.ready();
    expect(next?.state).toBe('next');
    expect(second.keys.map(({ kid, state }) => [kid, state])).toEqual([[next?.kid, 'active']]);
  });
});

describe('a refresh that is repeated while the keys change', () => {
  it('gets the same refresh token byte for byte', async () => {
    const shop = workshop();
    const { store, clock } = shop;
    const keys = shop.ring();
    await keys.ready();
    await keys.prepareNext();
    clock.advance(HOUR);
    const stage = await startStage(NODE_HOST, { store, clock, keys });
    const pair = await stage.login();
    const first = await refreshed(stage, pair);
    expect(await keys.promote()).toMatchObject({ outcome: 'promoted' });
    clock.advance(9);
    const again = await refreshed(stage, pair);
    expect(again.refresh_token).toBe(first.refresh_token);
    expect(headerOf(again.access_token).kid).toBe(keys.signingKey().kid);
    const next = await refreshed(stage, again);
    expect(headerOf(next.refresh_token).kid).toBe(keys.signingKey().kid);
  });

  it('gets the same from a node that has heard of the change as from one that has not', async () => {
    const shop = workshop();
    const { store, clock } = shop;
    const [here, there] = [shop.ring(), shop.ring()];
    await here.ready();
    await there.ready();
    await here.prepareNext();
    clock.advance(HOUR);
    await there.ready();
    const informed = await startStage(NODE_HOST, { store, clock, keys: here });
    const uninformed = await startStage(NODE_HOST, { store, clock, keys: there });
    const pair = await informed.login();
    store.losesLines = true;
    await here.promote().catch(() => undefined);
    await here.ready();
    store.losesLines = false;
    clock.advance(4);
    expect(here.signingKey().kid).not.toBe(there.signingKey().kid);
    const first = await refreshed(uninformed, pair);
    const again = await refreshed(informed, pair);
    expect(again.refresh_token).toBe(first.refresh_token);
    await refreshed(informed, again);
  });
});
