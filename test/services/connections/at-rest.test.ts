import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/core/store.ts';
import { connections } from '../../../src/services/connections.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { complaint } from '../../support/complaint.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { ADA, closeScenesAfterEach, KEY, providersAt, scene } from './fixture.ts';

closeScenesAfterEach();

const EVE = { user: 'eve', workspace: 'w2', browser: 'e' };

describe('OC-10 tokens at rest', () => {
  it('are nowhere in the store, and in no event, in clear', async () => {
    const written: string[] = [];
    const clock = movableClock();
    const inner = memoryStore({ clock });
    const store = new Proxy(inner, {
      get: (target, name, receiver) =>
        name === 'put'
          ? (...args: Parameters<typeof inner.put>) => {
              written.push(JSON.stringify(args));
              return target.put(...args);
            }
          : (Reflect.get(target, name, receiver) as unknown),
    });
    const { connect, service, provider, events } = await scene({ store, clock });
    const secrets: string[] = [];
    for (const kind of ['google-ads', 'meta-ads']) {
      const connection = await connect(kind);
      clock.advance(3_300);
      const result = await service.getAccessToken(connection);
      if (result.outcome !== 'token') throw new Error(result.outcome);
      secrets.push(result.accessToken);
    }
    secrets.push(...provider.calls.flatMap(({ form }) => form.getAll('refresh_token')));
    secrets.push(...provider.calls.flatMap(({ form }) => form.getAll('fb_exchange_token')));
    secrets.push(...provider.calls.flatMap(({ form }) => form.getAll('code_verifier')));
    const text = written.join('\n') + JSON.stringify(events) + JSON.stringify(await service.list('w1'));
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of secrets) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(Buffer.from(secret).toString('base64url'));
    }
  });

  it.each([
    ['the row of another workspace', ADA, EVE, 'google-ads'],
    ['another row of the workspace', ADA, { ...ADA, subject: '2' }, 'google-ads'],
  ])('cannot be opened in %s', async (_title, from, to, kind) => {
    const { connect, service, store, events } = await scene();
    const own = await connect(kind, from);
    const stolen = await store.get<Record<string, Json>>('connection', own.id);
    const subject = 'subject' in to ? { subject: to.subject } : {};
    const target = await connect(kind, to, subject);
    const row = await store.get<Record<string, Json>>('connection', target.id);
    await store.put(
      'connection',
      target.id,
      { ...row?.data, tokens: stolen?.data['tokens'] ?? null },
      { lookups: row?.lookups },
    );
    const refused = { outcome: 'error', reason: 'tokens_unreadable', since: target.since };
    expect(await service.getAccessToken(target)).toEqual(refused);
    expect(await service.check(target)).toEqual({ ...target, status: 'error', reason: 'tokens_unreadable' });
    expect(events.slice(2).map(({ action, connectionId }) => [action, connectionId])).toEqual([
      ['unreadable', target.id],
      ['unreadable', target.id],
    ]);
    expect(await service.getAccessToken(own)).toMatchObject({ outcome: 'token' });
  });

  it('cannot be opened by giving the whole row to another workspace', async () => {
    const { connect, service, store } = await scene();
    const own = await connect();
    const row = await store.get<Record<string, Json>>('connection', own.id);
    await store.put(
      'connection',
      own.id,
      { ...row?.data, workspace: 'w2' },
      { lookups: ['w2', 'google-ads'] },
    );
    expect(await service.getAccessToken({ workspace: 'w2', id: own.id })).toMatchObject({
      outcome: 'error',
      reason: 'tokens_unreadable',
    });
    expect(await service.getAccessToken(own)).toEqual({ outcome: 'unknown' });
  });
});

describe('the sealing key', () => {
  it('is replaced while connections go on: what is used, and what is gone through, is sealed anew', async () => {
    const { connect, another } = await scene();
    const next = randomBytes(32);
    const [used, idle] = [await connect(), await connect('meta-ads')];
    const both = another({ sealing: { primary: next, others: [KEY] } });
    const only = another({ sealing: { primary: next } });

    const token = await both.getAccessToken(used);
    expect(await only.getAccessToken(used)).toEqual(token);
    expect(await only.getAccessToken(idle)).toMatchObject({ reason: 'tokens_unreadable' });
    expect(await only.reseal()).toEqual({ resealed: 0, unreadable: 1 });
    expect(await both.reseal()).toEqual({ resealed: 1, unreadable: 0 });
    expect(await both.reseal()).toEqual({ resealed: 0, unreadable: 0 });
    expect(await only.getAccessToken(idle)).toMatchObject({ outcome: 'token' });
  });

  it('is not changed in the store by a reading that somebody else overtook', async () => {
    const { connect, another, service } = await scene();
    const connection = await connect();
    const both = another({ sealing: { primary: randomBytes(32), others: [KEY] } });
    const results = await Promise.all([both.getAccessToken(connection), both.getAccessToken(connection)]);
    expect(results[0]).toEqual(results[1]);
    expect(await service.getAccessToken(connection)).toMatchObject({ reason: 'tokens_unreadable' });
  });
});

describe('connections()', () => {
  const OPTIONS = {
    store: memoryStore(),
    sealing: { primary: KEY },
    isMember: () => true,
    providers: providersAt('http://127.0.0.1:1'),
  };

  it.each([
    ['without a sealing key', { sealing: undefined }, 'option_invalid'],
    ['with a sealing key that is text', { sealing: { primary: 'a'.repeat(32) } }, 'key_invalid'],
    ['without a check of membership', { isMember: undefined }, 'option_missing'],
    ['without a list of providers', { providers: undefined }, 'option_missing'],
    ['with something else in the list', { providers: [{}] }, 'option_invalid'],
    ['with something else for a provider', { providers: {} }, 'option_invalid'],
    ['with an option it does not know', { secret: 'x' }, 'option_unknown'],
    ['with a transport option it does not know', { transport: { timeout: 1 } }, 'option_unknown'],
    [
      'with two providers of one kind',
      { providers: [OPTIONS.providers, OPTIONS.providers].flat() },
      'option_conflict',
    ],
  ])('is not built %s', (_title, change, code) => {
    expect(complaint(() => connections({ ...OPTIONS, ...change } as never))).toMatch(
      new RegExp(`^${code}: connections\\b`),
    );
  });

  it('names the kinds that it has', () => {
    expect(connections(OPTIONS).kinds).toEqual(['google-ads', 'meta-ads']);
  });
});
