import { describe, expect, it } from 'vitest';
import { FORBIDDEN, NOT_FOUND, NOT_PROVIDED, refusal, whole } from './expectations.ts';
import { PREFIX, startStage, stopStagesAfterEach } from './stage.ts';

stopStagesAfterEach();

describe('1.1 the paths of connections', () => {
  const id = '0'.repeat(32);

  it.each([
    ['GET', '/tiktok-ads/authorize/', NOT_FOUND],
    ['GET', '/tiktok-ads/callback/', NOT_FOUND],
    ['POST', '/google-ads/authorize/more/', NOT_FOUND],
    ['POST', `/${id}/`, refusal(405, 'Method "POST" not allowed.', { Allow: 'DELETE' })],
    ['GET', `/${id}/check/`, refusal(405, 'Method "GET" not allowed.', { Allow: 'POST' })],
    ['DELETE', '/', refusal(405, 'Method "DELETE" not allowed.', { Allow: 'GET' })],
    ['POST', '/google-ads/callback/', refusal(405, 'Method "POST" not allowed.', { Allow: 'GET' })],
    ['PUT', '/meta-ads/authorize/', refusal(405, 'Method "PUT" not allowed.', { Allow: 'GET' })],
    ['GET', '/google-ads/authorize/', NOT_PROVIDED],
    ['GET', '/', NOT_PROVIDED],
    ['POST', `/${id}/check/`, NOT_PROVIDED],
    ['DELETE', `/${id}/`, NOT_PROVIDED],
  ])('%s %s without a credential', async (method, path, expected) => {
    const { send } = await startStage();
    expect(whole(await send(method, PREFIX + path))).toEqual(expected);
  });

  it.each([
    ['GET', '/google-ads/authorize/'],
    ['POST', `/${id}/check/`],
    ['DELETE', `/${id}/`],
  ])('%s %s is for users, not for API keys', async (method, path) => {
    const { send, keys } = await startStage();
    const { key } = await keys.create({ workspace: 'ws-1', name: 'a job' });
    expect(whole(await send(method, PREFIX + path, { Authorization: `Api-Key ${key}` }))).toEqual(FORBIDDEN);
  });

  it('GET / is for API keys as well, each for its own workspace', async () => {
    const { send, keys, connect } = await startStage();
    await connect();
    const [own, other] = [
      await keys.create({ workspace: 'ws-1', name: 'a job' }),
      await keys.create({ workspace: 'ws-2', name: 'another' }),
    ];
    const asked = await send('GET', `${PREFIX}/`, { Authorization: `Api-Key ${own.key}` });
    expect([asked.status, asked.json()]).toMatchObject([200, [{ kind: 'google-ads', status: 'active' }]]);
    expect((await send('GET', PREFIX, { Authorization: `Api-Key ${other.key}` })).text).toBe('[]');
  });

  it.each([
    ['GET', '/google-ads/authorize/'],
    ['GET', '/'],
    ['POST', `/${id}/check/`],
    ['DELETE', `/${id}/`],
  ])('%s %s is forbidden to a user without a workspace', async (method, path) => {
    const { send, bearer, directory } = await startStage();
    const headers = { Authorization: await bearer(directory.nomad) };
    expect(whole(await send(method, PREFIX + path, headers))).toEqual(FORBIDDEN);
  });

  it('TN-01 of a connection of another workspace are as if it did not exist', async () => {
    const { send, bearer, connect, directory, service } = await startStage();
    const own = await connect();
    const headers = { Authorization: await bearer(directory.linus) };
    expect(whole(await send('POST', `${PREFIX}/${own}/check/`, headers))).toEqual(NOT_FOUND);
    expect(whole(await send('DELETE', `${PREFIX}/${own}/`, headers))).toEqual(NOT_FOUND);
    expect((await send('GET', PREFIX, headers)).text).toBe('[]');
    expect((await service.list('ws-1')).items).toHaveLength(1);
  });

  it('of another member of the workspace are the same', async () => {
    const { send, bearer, connect, directory } = await startStage();
    const own = await connect();
    const headers = { Authorization: await bearer(directory.grace) };
    expect((await send('POST', `${PREFIX}/${own}/check/`, headers)).status).toBe(200);
    expect((await send('DELETE', `${PREFIX}/${own}/`, headers)).status).toBe(204);
  });

  it.each([
    ['GET', '/google-ads/authorize/'],
    ['POST', `/${id}/check/`],
    ['DELETE', `/${id}/`],
  ])('MQ-01 %s %s is forbidden to an administrator who may only read as the user', async (method, path) => {
    const { send, system, directory, bearer } = await startStage();
    await bearer(directory.admin);
    const [session] = await system.sessions.list(directory.admin.id);
    const pair = await system.impersonate(session?.id ?? '', directory.ada.id, { reason: 'a ticket' });
    const { access } = pair as { access: string };
    expect(whole(await send(method, PREFIX + path, { Authorization: `Bearer ${access}` }))).toEqual(
      FORBIDDEN,
    );
  });
});

describe('a connection whose grant was taken back', () => {
  it('is told as an error with its reason and since when, by the check and in the list', async () => {
    const { send, bearer, connect, provider, clock } = await startStage();
    const id = await connect();
    provider.withdraw('1077');
    clock.advance(120);
    const headers = { Authorization: await bearer() };
    const checked = await send('POST', `${PREFIX}/${id}/check/`, headers);
    const error = { status: 'error', since: '2026-01-01T00:02:00.000Z', reason: 'grant_revoked' };
    expect([checked.status, checked.json()]).toMatchObject([200, { id, ...error }]);
    expect((await send('GET', PREFIX, headers)).json()).toMatchObject([{ id, ...error }]);
  });
});

describe('the events', () => {
  it('name who did what, and hold no token, no code and no state', async () => {
    const { send, bearer, connect, directory, events, provider } = await startStage();
    const id = await connect();
    await send('DELETE', `${PREFIX}/${id}/`, { Authorization: await bearer(directory.grace) });
    expect(
      events.flatMap((event) => (event.type === 'decision' ? [[event.guard, event.outcome]] : [])),
    ).toEqual([
      ['connection_authorize', 'allowed'],
      ['connection_callback', 'allowed'],
      ['connection_disconnect', 'allowed'],
    ]);
    expect(
      events.flatMap((event) => (event.type === 'connection' ? [[event.action, event.author]] : [])),
    ).toEqual([
      ['connected', '1'],
      ['disconnected', '2'],
    ]);
    const secrets = provider.calls.flatMap(({ form }) =>
      ['code', 'code_verifier', 'token'].flatMap((name) => form.getAll(name)),
    );
    expect(secrets).toHaveLength(3);
    for (const secret of secrets) expect(JSON.stringify(events)).not.toContain(secret);
  });
});
