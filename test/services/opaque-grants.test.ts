import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import { isPromise } from '../../src/core/maybe-promise.ts';
import { opaqueGrants, type OpaqueGrant } from '../../src/services/opaque-grants.ts';
import { sessionsOf } from '../../src/services/sessions.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { feedReader } from '../../src/tokens/feed-reader.ts';
import { revocationsOf } from '../../src/tokens/revocations.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';

const KEY = createSecretKey(Buffer.from(TEST_SECRET));
const ACCESS_SECONDS = 3600;

function bench({
  secret = KEY,
  cacheSize = 100,
  clock = movableClock(),
  store = memoryStore({ clock }),
} = {}) {
  const feed = feedReader({ store, clock, pollMs: 60_000, maxStaleMs: 10_000 });
  const lifetimes = {
    accessSeconds: ACCESS_SECONDS,
    refreshSeconds: 100_000,
    absoluteSeconds: null,
    reuseGraceSeconds: 10,
  };
  const sessions = sessionsOf({ store, feed, system: 'test', lifetimes, clock, onEvent: undefined });
  const revocations = revocationsOf(feed, clock);
  let reads = 0;
  const counted = Object.create(store, {
    familyByHandle: {
      value: (handle: string) => {
        reads += 1;
        return store.familyByHandle(handle);
      },
    },
  }) as typeof store;
  const options = { store: counted, sessions, revocations, secret, clock, cacheSize };
  const grants = opaqueGrants({ ...options, accessSeconds: ACCESS_SECONDS });
  const data = { userId: 'u1', device: null, address: null, actor: null };
  async function outcome(token: string): Promise<string> {
    const found = await grants.recognise(token);
    return isAuthError(found) ? found.code : `generation ${found.generation}`;
  }
  async function refreshed(grant: OpaqueGrant): Promise<OpaqueGrant> {
    const presented = await grants.findRefresh(grant.refreshToken);
    if (isAuthError(presented)) throw new Error(presented.code);
    const next = await grants.refresh(presented);
    if (isAuthError(next)) throw new Error(next.code);
    return next;
  }
  return { clock, store, feed, sessions, grants, data, outcome, refreshed, reads: () => reads };
}

describe('opaqueGrants', () => {
  it('recognises a token at once while it is in memory, and reads the store once', async () => {
    const { grants, data, outcome, reads } = bench();
    const { token } = await grants.start('u1', data);
    expect(await outcome(token)).toBe('generation 1');
    expect(isPromise(grants.recognise(token))).toBe(false);
    expect(await outcome(token)).toBe('generation 1');
    expect(reads()).toBe(1);
  });

  it('reads the store each time without a cache', async () => {
    const { grants, data, outcome, reads } = bench({ cacheSize: 0 });
    const { token } = await grants.start('u1', data);
    for (let n = 0; n < 3; n += 1) expect(await outcome(token)).toBe('generation 1');
    expect(reads()).toBe(3);
  });

  it('forgets the remembered token of a generation that was replaced, also without a read of the feed by hand', async () => {
    const { grants, data, outcome, refreshed, reads } = bench();
    const first = await grants.start('u1', data);
    expect(await outcome(first.token)).toBe('generation 1');
    const second = await refreshed(first);
    const before = reads();
    expect(await outcome(first.token)).toBe('token_revoked');
    // Refused from memory by the feed, then by the store.
    expect(reads()).toBe(before);
    expect(await outcome(first.token)).toBe('token_revoked');
    expect(reads()).toBe(before + 1);
    expect(await outcome(second.token)).toBe('generation 2');
  });

  it('forgets the remembered data of a session that was replaced', async () => {
    const { grants, data } = bench();
    const first = await grants.start('u1', { ...data, accountId: 1 });
    await grants.recognise(first.token);
    const second = await grants.replace(first.family, { ...data, accountId: 2 });
    if (isAuthError(second)) throw new Error(second.code);
    expect(await grants.recognise(first.token)).toMatchObject({ code: 'token_revoked' });
    expect(await grants.recognise(second.token)).toMatchObject({ data: { accountId: 2 } });
  });

  it('has handles of earlier generations for refresh tokens only', async () => {
    const { grants, data, outcome, refreshed } = bench();
    const first = await grants.start('u1', data);
    const third = await refreshed(await refreshed(first));
    expect(await outcome(first.token)).toBe('token_revoked');
    expect(await grants.findRefresh(first.refreshToken)).toMatchObject({
      generation: 1,
      family: { generation: 3 },
    });
    expect(await grants.findRefresh(third.refreshToken)).toMatchObject({ generation: 3 });
  });

  it('refuses a token from its expiry on, remembered or not, and forgets it then', async () => {
    for (const cacheSize of [0, 100]) {
      const { clock, grants, data, outcome } = bench({ cacheSize });
      const { token } = await grants.start('u1', data);
      clock.advance(ACCESS_SECONDS - 0.001);
      expect(await outcome(token)).toBe('generation 1');
      clock.advance(0.001);
      expect(await outcome(token)).toBe('token_expired');
      expect(await outcome(token)).toBe('token_expired');
    }
  });

  it('takes a line acc:<owner> of the feed as the end of every token issued up to its value', async () => {
    const { clock, store, feed, sessions, grants, data, outcome, refreshed } = bench();
    const first = await grants.start('u1', data);
    const other = await grants.start('u2', data);
    clock.advance(5);
    const second = await grants.start('u1', data);
    expect(await outcome(first.token)).toBe('generation 1');
    const expiresAt = clock.now() + 3_660_000;
    await store.feedAppend([{ key: `acc:${sessions.ownerKey('u1')}`, value: clock.now(), expiresAt }]);
    await feed.poll();
    expect(await outcome(first.token)).toBe('token_revoked');
    expect(await outcome(second.token)).toBe('token_revoked');
    expect(await outcome(other.token)).toBe('generation 1');
    clock.advance(0.001);
    // What is issued later is not meant: neither a new session nor the next generation of an old one.
    expect(await outcome((await grants.start('u1', data)).token)).toBe('generation 1');
    expect(await outcome((await refreshed(second)).token)).toBe('generation 2');
  });

  it('spares the session that goes on when all others of the owner are revoked', async () => {
    const { sessions, grants, data, outcome } = bench();
    const [first, second] = [await grants.start('u1', data), await grants.start('u1', data)];
    for (const { token } of [first, second]) expect(await outcome(token)).toBe('generation 1');
    await sessions.revokeAll('u1', { reason: 'password changed', except: second.family.id });
    expect(await outcome(first.token)).toBe('token_revoked');
    expect(await outcome(second.token)).toBe('generation 1');
    expect(await outcome((await grants.start('u1', data)).token)).toBe('generation 1');
  });

  it.each([1, 2, 5])(
    'replaces nothing for a generation that %i refreshes have replaced, and ends nothing',
    async (n) => {
      const { grants, data, outcome, refreshed } = bench();
      const first = await grants.start('u1', data);
      let last = first;
      for (let step = 0; step < n; step += 1) last = await refreshed(last);
      const late = await grants.replace({ ...last.family, generation: n }, data);
      expect(late).toMatchObject({ code: 'token_revoked' });
      expect(await outcome(last.token)).toBe(`generation ${n + 1}`);
    },
  );

  it.each([
    '',
    'x',
    'c04c7ff7-5fa1-48fb-aa2a-bcf97a6b8a7',
    'C04C7FF7-5FA1-48FB-AA2A-BCF97A6B8A79',
    'c04c7ff7-5fa1-18fb-aa2a-bcf97a6b8a79',
    'c04c7ff7-5fa1-48fb-ca2a-bcf97a6b8a79',
    'c04c7ff75fa148fbaa2abcf97a6b8a79',
    ' c04c7ff7-5fa1-48fb-aa2a-bcf97a6b8a79',
    'c04c7ff7-5fa1-48fb-aa2a-bcf97a6b8a79\n',
  ])('asks the store nothing for %j, which is no token', async (text) => {
    const { grants, outcome, reads } = bench();
    expect(await outcome(text)).toBe('token_malformed');
    expect(await grants.findRefresh(text)).toMatchObject({ code: 'token_malformed' });
    expect(reads()).toBe(0);
  });

  it('gives other texts under another secret, and knows none of them', async () => {
    const clock = movableClock();
    const store = memoryStore({ clock });
    const one = bench({ clock, store });
    const other = bench({ clock, store, secret: createSecretKey(Buffer.from(TEST_SECRET.toUpperCase())) });
    const grant = await one.grants.start('u1', one.data);
    const next = await other.refreshed(grant);
    expect(await one.outcome(next.token)).toBe('generation 2');
    expect(next.token).not.toBe((await one.refreshed(grant)).token);
  });
});
