import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../../src/stores/memory.ts';
import { JwtBearerStrategy } from '../../../strategies/jwt-bearer.ts';
import { complaint } from '../../support/complaint.ts';
import { forge, TEST_SECRET } from '../../support/jwt-forge.ts';
import { expectPair, expectRefusal, OUT } from '../../systems/b2b/expectations.ts';
import { testDirectory } from '../../systems/b2b/directory.ts';
import { NODE_HOST } from '../../systems/b2b/hosts.ts';
import { startStage, stopStagesAfterEach, type Stage } from '../../systems/b2b/stage.ts';
import { b2bSystem } from '../../../src/systems/b2b/system.ts';
import { closeRingsAfterEach, DAY, headerOf, HOUR, tokenOf, workshop, type Workshop } from './workshop.ts';

stopStagesAfterEach();
closeRingsAfterEach();

/** A host whose keys are in another store than its sessions, so that the one can fail without the other. */
async function stageWithKeys(): Promise<{ readonly shop: Workshop; readonly stage: Stage }> {
  const shop = workshop();
  const { clock } = shop;
  const keys = shop.ring({ algorithm: 'HS256' });
  await keys.ready();
  const stage = await startStage(NODE_HOST, { store: memoryStore({ clock }), clock, keys });
  return { shop, stage };
}

describe('a system over a ring that lives', () => {
  it('starts no session and uses up no refresh token while it cannot know which key signs', async () => {
    const { shop, stage } = await stageWithKeys();
    const { ada } = stage.directory;
    const pair = await stage.login();
    shop.store.down = true;
    shop.clock.advance(60);
    expectRefusal(await stage.post('/auth/login', { username: ada.login, password: ada.password }), OUT);
    for (let again = 0; again < 3; again++) {
      expectRefusal(await stage.refresh(pair.refresh_token), OUT);
      shop.clock.advance(60);
    }
    expect(await stage.b2b.sessions.list(String(ada.clientId))).toHaveLength(1);
    expect((await stage.products(pair.access_token)).status).toBe(200);

    shop.store.down = false;
    expectPair(await stage.refresh(pair.refresh_token));
    expect(stage.sessionActions()).toEqual(['started', 'refreshed']);
  });

  it('logs nobody out while it has never read its keys: 503, and not 401', async () => {
    const shop = workshop();
    const { clock } = shop;
    const store = memoryStore({ clock });
    const first = shop.ring({ algorithm: 'HS256' });
    await first.ready();
    const before = await startStage(NODE_HOST, { store, clock, keys: first });
    const pair = await before.login();
    shop.store.down = true;
    const stage = await startStage(NODE_HOST, { store, clock, keys: shop.ring({ algorithm: 'ES256' }) });
    expectRefusal(await stage.products(pair.access_token), OUT);
    expectRefusal(await stage.refresh(pair.refresh_token), OUT);
    shop.store.down = false;
    clock.advance(1);
    expect((await stage.products(pair.access_token)).status).toBe(200);
    expectPair(await stage.refresh(pair.refresh_token));
  });

  it('refuses a token whose kid nobody knows, without and with the store', async () => {
    const { shop, stage } = await stageWithKeys();
    const token = forge({
      header: { alg: 'HS256', typ: 'JWT', kid: 'made-up' },
      payload: { sub: '123456', client_id: 123_456, typ: 'access' },
      key: TEST_SECRET,
      algorithm: 'HS256',
    });
    expect((await stage.products(token)).status).toBe(401);
    shop.store.down = true;
    expect((await stage.products(token)).status).toBe(401);
    expect((await stage.refresh(token)).status).toBe(401);
    shop.clock.advance(60);
    expectRefusal(await stage.products(token), OUT);
  });

  it('writes kid and algorithm of the ring, whatever the option algorithm says of other keys', async () => {
    const shop = workshop();
    const { store, clock } = shop;
    const keys = shop.ring({ algorithm: 'ES384' });
    await keys.ready();
    const stage = await startStage(NODE_HOST, { store, clock, keys });
    const pair = await stage.login();
    const { kid } = keys.signingKey();
    expect(headerOf(pair.access_token)).toEqual({ alg: 'ES384', typ: 'JWT', kid });
    // Only the issuer reads refresh tokens, and an HMAC gives a repeat the same bytes.
    expect(headerOf(pair.refresh_token)).toEqual({ alg: 'HS256', typ: 'JWT', kid });
  });

  it('refuses a ring that forgets keys while refresh tokens live', () => {
    const shop = workshop();
    const build = (retireAfterSeconds: number): string =>
      complaint(() =>
        b2bSystem({
          store: shop.store,
          directory: testDirectory(),
          keys: shop.ring({ retireAfterSeconds }),
          refreshSeconds: 30 * DAY,
        }),
      );
    expect(build(30 * DAY)).toMatch(/^option_conflict: b2bSystem\.keys forgets a retired key/);
    expect(build(30 * DAY + 120)).toBe('nothing was thrown');
  });
});

describe('JwtBearerStrategy over a ring that lives', () => {
  it('follows it: new keys pass, revoked ones no longer do', async () => {
    const shop = workshop();
    const { clock } = shop;
    const keys = shop.ring();
    const strategy = new JwtBearerStrategy({
      algorithm: 'ES256',
      keys,
      issuer: null,
      audience: null,
      clock,
    });
    const kindOf = async (value: string): Promise<string> => {
      const credential = { location: 'authorization', scheme: 'Bearer', value } as never;
      return (await strategy.recognise(credential)).kind;
    };
    await keys.ready();
    const first = tokenOf(keys, clock);
    expect(await kindOf(first)).toBe('authenticated');
    await keys.prepareNext();
    clock.advance(HOUR);
    await keys.promote();
    const second = tokenOf(keys, clock);
    expect([await kindOf(first), await kindOf(second)]).toEqual(['authenticated', 'authenticated']);
    await keys.revoke(String(headerOf(first).kid));
    expect([await kindOf(first), await kindOf(second)]).toEqual(['rejected', 'authenticated']);
  });
});
