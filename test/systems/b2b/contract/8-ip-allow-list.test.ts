import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../support/http-client.ts';
import {
  BAD_ADDRESS,
  BAD_LOGIN,
  BAD_REFRESH,
  BAD_TOKEN,
  expectPair,
  expectRefusal,
  INVALID_BODY,
  NO_TOKEN,
  TOO_MANY_LOGINS,
  tooMany,
} from '../expectations.ts';
import { B2B_HOSTS, NODE_HOST } from '../hosts.ts';
import { expectAccess, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

const LIST = 'client:123456';

/** Everything that a list applies to, each asked with credentials that are right. */
async function askAll(stage: Stage, tokens: { access: string; refresh: string }): Promise<HttpAnswer[]> {
  const { login: username, password } = stage.directory.ada;
  return [
    await stage.post('/auth/login', { username, password }),
    await stage.refresh(tokens.refresh),
    await stage.products(tokens.access),
    await stage.logout(tokens.access),
  ];
}

async function signedIn(stage: Stage): Promise<{ access: string; refresh: string }> {
  const { access_token: access, refresh_token: refresh } = await stage.login();
  return { access, refresh };
}

describe.each(B2B_HOSTS)('IP allow-list on $name', (host) => {
  it('no entries: every IP is allowed', async () => {
    const stage = await startStage(host);
    stage.address = '2001:db8::1';
    const answers = await askAll(stage, await signedIn(stage));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('one or more: the client IP must match one; applies to login, refresh, all protected requests and logout', async () => {
    const stage = await startStage(host);
    const tokens = await signedIn(stage);
    await stage.b2b.allowlists.addMany(LIST, [{ network: '192.0.2.1' }, { network: '2001:db8:1::/48' }]);
    for (const answer of await askAll(stage, tokens)) expectRefusal(answer, BAD_ADDRESS);
    stage.address = '2001:db8:1:ffff::1';
    const answers = await askAll(stage, tokens);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('the account is the client_id: the list of one client is none of another', async () => {
    const stage = await startStage(host);
    await stage.b2b.allowlists.add('client:777', { network: '192.0.2.1' });
    const answers = await askAll(stage, await signedIn(stage));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('evaluated live per request, so an edit takes effect without new tokens', async () => {
    const stage = await startStage(host);
    const { access } = await signedIn(stage);
    await expectAccess(stage, access, 'works');
    await stage.b2b.allowlists.add(LIST, { network: '192.0.2.0/24' });
    expectRefusal(await stage.products(access), BAD_ADDRESS);
    await stage.b2b.allowlists.add(LIST, { network: '203.0.113.7' });
    await expectAccess(stage, access, 'works');
    await stage.b2b.allowlists.remove(LIST, '203.0.113.7');
    expectRefusal(await stage.products(access), BAD_ADDRESS);
    await stage.b2b.allowlists.clear(LIST);
    await expectAccess(stage, access, 'works');
  });

  it('if the client IP cannot be determined and the list is not empty: 403', async () => {
    const stage = await startStage(host);
    const tokens = await signedIn(stage);
    stage.address = null;
    expect((await stage.products(tokens.access)).status).toBe(200);
    await stage.b2b.allowlists.add(LIST, { network: '0.0.0.0/0' });
    for (const answer of await askAll(stage, tokens)) expectRefusal(answer, BAD_ADDRESS);
  });

  it('order: credential first (401), then IP (403), so that a stranger learns nothing about lists', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await signedIn(stage);
    await stage.b2b.allowlists.add(LIST, { network: '192.0.2.1' });
    expectRefusal(await stage.post('/auth/login', { username: 'ada', password: 'wrong' }), BAD_LOGIN);
    expectRefusal(await stage.post('/auth/login', '{'), INVALID_BODY);
    expectRefusal(await stage.refresh(`${refresh.slice(0, -4)}AAAA`), BAD_REFRESH);
    expectRefusal(await stage.refresh(access), BAD_REFRESH);
    expectRefusal(await stage.products(refresh), BAD_TOKEN);
    expectRefusal(await stage.products(), NO_TOKEN);
    expectRefusal(await stage.logout(refresh), BAD_TOKEN);
  });
});

describe('IP allow-list', () => {
  it('a configured list whose entries have all expired denies all, and a cleared one allows all', async () => {
    const stage = await startStage(NODE_HOST);
    const { access } = await signedIn(stage);
    const expiresAt = stage.clock.now() + 60_000;
    await stage.b2b.allowlists.add(LIST, { network: '203.0.113.7', expiresAt });
    await expectAccess(stage, access, 'works');
    stage.clock.advance(60);
    expectRefusal(await stage.products(access), BAD_ADDRESS);
    await stage.b2b.allowlists.clear(LIST);
    await expectAccess(stage, access, 'works');
  });

  it.each([
    [
      'a single IPv4 address',
      '203.0.113.7',
      ['203.0.113.7', '::ffff:203.0.113.7'],
      ['203.0.113.8', '203.0.113.6'],
    ],
    [
      'an IPv4 range and its edges',
      '198.51.100.64/26',
      ['198.51.100.64', '198.51.100.127'],
      ['198.51.100.63', '198.51.100.128', '::198.51.100.64'],
    ],
    [
      'a single IPv6 address',
      '2001:db8::7',
      ['2001:db8::7', '2001:0DB8:0:0:0:0:0:7'],
      ['2001:db8::8', '0.0.0.7'],
    ],
    [
      'an IPv6 range and its edges',
      '2001:db8:8000::/33',
      ['2001:db8:8000::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
      ['2001:db8:7fff:ffff:ffff:ffff:ffff:ffff', '2001:db9::'],
    ],
  ])('entries are single addresses or CIDR ranges: %s', async (_case, network, inside, outside) => {
    const stage = await startStage(NODE_HOST);
    const { access } = await signedIn(stage);
    await stage.b2b.allowlists.add(LIST, { network });
    const statuses: Record<string, number> = {};
    for (const address of [...inside, ...outside]) {
      stage.address = address;
      statuses[address] = (await stage.products(access)).status;
    }
    expect(statuses).toEqual({
      ...Object.fromEntries(inside.map((address) => [address, 200])),
      ...Object.fromEntries(outside.map((address) => [address, 403])),
    });
  });

  it('at refresh: signature, type, expiry (401), client active (401), IP (403), then the rotation (401)', async () => {
    const stage = await startStage(NODE_HOST);
    const { refresh } = await signedIn(stage);
    await stage.b2b.allowlists.add(LIST, { network: '192.0.2.1' });
    await stage.b2b.sessions.revokeAll('123456', { reason: 'a test' });
    expectRefusal(await stage.refresh(refresh), BAD_ADDRESS);
    stage.directory.ada.active = false;
    expectRefusal(await stage.refresh(refresh), BAD_REFRESH);
    stage.directory.ada.active = true;
    stage.address = '192.0.2.1';
    expectRefusal(await stage.refresh(refresh), BAD_REFRESH);
    stage.address = '192.0.2.2';
    stage.clock.advance(7 * 86_400);
    stage.directory.calls.length = 0;
    expectRefusal(await stage.refresh(refresh), BAD_REFRESH);
    expect(stage.directory.calls).toEqual([]);
  });

  it('order at login: limiter (429), body (400), credentials (401), account or IP (403)', async () => {
    let wait: number | null = 5;
    const told: string[] = [];
    const stage = await startStage(NODE_HOST, {
      loginLimiter: {
        check: () => wait,
        failed: () => void told.push('failed'),
        succeeded: () => void told.push('succeeded'),
      },
    });
    await stage.b2b.allowlists.add(LIST, { network: '192.0.2.1' });
    const { login: username, password } = stage.directory.ada;
    const limited = tooMany(TOO_MANY_LOGINS, { retryAfter: '5' });
    expectRefusal(await stage.post('/auth/login', '{'), limited);
    expectRefusal(await stage.post('/auth/login', { username, password }), limited);
    wait = null;
    expectRefusal(await stage.post('/auth/login', '{'), INVALID_BODY);
    expect(stage.directory.calls).toEqual([]);
    expectRefusal(await stage.post('/auth/login', { username, password: 'wrong' }), BAD_LOGIN);
    expect(told).toEqual(['failed']);
    // Right credentials from the wrong place count as nothing.
    expectRefusal(await stage.post('/auth/login', { username, password }), BAD_ADDRESS);
    expect(told).toEqual(['failed']);
    stage.address = '192.0.2.1';
    expectPair(await stage.post('/auth/login', { username, password }));
    expect(told).toEqual(['failed', 'succeeded']);
  });
});
