import { describe, expect, it } from 'vitest';
import { send, type HttpAnswer } from '../../support/http-client.ts';
import { BAD_ADDRESS, expectPair, expectRefusal } from './expectations.ts';
import { PLAIN_HOSTS, type B2bHost } from './hosts.ts';
import { startStage, stopStagesAfterEach, type Stage, type StageOptions } from './stage.ts';

stopStagesAfterEach();

/** A host that finds addresses by itself, and a client that may come from the documentation network alone. */
async function start(host: B2bHost, options: StageOptions = {}): Promise<{ stage: Stage; token: string }> {
  const stage = await startStage(host, {
    clientAddress: undefined,
    onUntrustedForward: () => undefined,
    ...options,
  });
  const { access_token: token } = await stage.login();
  await stage.b2b.allowlists.add('client:123456', { network: '198.51.100.0/24' });
  return { stage, token };
}

function ask(stage: Stage, token: string, forwarded: string | string[]): Promise<HttpAnswer> {
  const headers = { Authorization: `Bearer ${token}`, 'X-Forwarded-For': forwarded };
  return send(stage.port, { path: '/api/v1/products', headers });
}

describe.each(PLAIN_HOSTS)('The client’s address on $name', (host) => {
  it('IP-02 is the peer on the socket: X-Forwarded-For is not read by default', async () => {
    const { stage, token } = await start(host);
    expectRefusal(await ask(stage, token, '198.51.100.1'), BAD_ADDRESS);
    await stage.b2b.allowlists.add('client:123456', { network: '127.0.0.1' });
    expect((await ask(stage, token, '192.0.2.1')).status).toBe(200);
    expect((await ask(stage, token, 'no address')).status).toBe(200);
  });

  it('IP-03 IP-04 comes through configured proxies, from right to left, over several lines', async () => {
    const { stage, token } = await start(host, { trustedProxies: ['127.0.0.1', '10.0.0.0/8'] });
    for (const passing of ['198.51.100.1', '192.0.2.1, 198.51.100.1', '198.51.100.1, 10.1.1.1']) {
      expect((await ask(stage, token, passing)).status).toBe(200);
    }
    expect((await ask(stage, token, ['192.0.2.1', '198.51.100.1'])).status).toBe(200);
    for (const refused of ['192.0.2.1', '198.51.100.1, 192.0.2.1', 'nonsense', '198.51.100.1:80x', '']) {
      expectRefusal(await ask(stage, token, refused), BAD_ADDRESS);
    }
    expectRefusal(await ask(stage, token, ['198.51.100.1', '192.0.2.1']), BAD_ADDRESS);
  });

  it('IP-05 is the same for login, refresh and logout', async () => {
    const { stage, token } = await start(host, { trustedProxies: ['127.0.0.1'] });
    const { login: username, password } = stage.directory.ada;
    const inside = { 'X-Forwarded-For': '198.51.100.1' };
    const outside = {
      'X-Forwarded-For': '192.0.2.1',
      'X-Real-IP': '198.51.100.1',
      Forwarded: 'for=198.51.100.1',
    };
    expectRefusal(await stage.post('/auth/login', { username, password }, outside), BAD_ADDRESS);
    const pair = expectPair(await stage.post('/auth/login', { username, password }, inside));
    const refresh = { refresh_token: pair.refresh_token };
    expectRefusal(await stage.post('/auth/refresh', refresh, outside), BAD_ADDRESS);
    expectPair(await stage.post('/auth/refresh', refresh, inside));
    const bearer = { Authorization: `Bearer ${token}` };
    expectRefusal(await stage.post('/auth/logout', undefined, { ...bearer, ...outside }), BAD_ADDRESS);
    expect((await stage.post('/auth/logout', undefined, { ...bearer, ...inside })).status).toBe(200);
  });

  it('IP-06 is normalised from IPv4-mapped IPv6, and its look-alikes are not', async () => {
    const { stage, token } = await start(host, { trustedProxies: '127.0.0.1' });
    for (const passing of ['::ffff:198.51.100.1', '::FFFF:C633:6401']) {
      expect((await ask(stage, token, passing)).status).toBe(200);
    }
    for (const refused of [
      '::198.51.100.1',
      '64:ff9b::198.51.100.1',
      '0198.51.100.1',
      '198.51.25601',
      '3325256705',
    ]) {
      expectRefusal(await ask(stage, token, refused), BAD_ADDRESS);
    }
  });
});
