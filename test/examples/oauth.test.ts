import { beforeAll, describe, expect, it } from 'vitest';
import { ask, oauthClientToken, signInOauth } from './client.ts';
import { buildExamples, endHostsAfterAll, startReady, type ReadyLine } from './host.ts';

beforeAll(buildExamples, 120_000);
endHostsAfterAll();

describe.each(['express', 'koa', 'node'])('the OAuth server of the example host on %s', (FRAMEWORK) => {
  let ready: ReadyLine;

  beforeAll(async () => {
    ({ ready } = await startReady({ env: { FRAMEWORK } }));
  });

  it('describes itself by the URL that it listens on', async () => {
    const { body } = await ask(`${ready.url}/.well-known/oauth-authorization-server`);
    expect(body).toMatchObject({ issuer: ready.url, token_endpoint: `${ready.url}/v1/oauth/token` });
  });

  it('lets a user connect an application on its pages, which then sees the user’s research', async () => {
    const { access } = await signInOauth(ready);
    const { body } = await ask(`${ready.url}/v1/research`, { authorization: `Bearer ${access}` });
    expect(body).toEqual({
      subject: { kind: 'user', id: 'user-theo' },
      research: [{ id: 'user-theo-1', title: 'Notes of user-theo' }],
    });
  });

  it('gives the application tokens of its own for either team', async () => {
    const { team, team2 } = ready.oauth.confidential;
    for (const each of [team, team2]) {
      const token = await oauthClientToken(ready, each);
      const { body } = await ask(`${ready.url}/v1/research`, { authorization: `Bearer ${token}` });
      expect(body).toMatchObject({
        subject: { kind: 'client', id: 'research-sync' },
        research: [{}, { id: `${each}-1`, title: `Findings of the team ${each}` }],
      });
    }
  });

  it('refuses a token without the scope, and one of nobody', async () => {
    const nobody = await ask(`${ready.url}/v1/research`);
    expect([nobody.status, nobody.challenge]).toEqual([401, 'Bearer realm="OAuth"']);
    const { client_id, client_secret } = ready.oauth.confidential;
    const { body } = await ask(`${ready.url}/v1/oauth/token`, {
      body: { grant_type: 'client_credentials', client_id, client_secret, scope: 'rest_api:write' },
    });
    const authorization = `Bearer ${String(body['access_token'])}`;
    const without = await ask(`${ready.url}/v1/research`, { authorization });
    expect([without.status, without.body['error']]).toEqual([401, 'insufficient_scope']);
  });
});

describe('PUBLIC_URL', () => {
  it('is the issuer where others reach the host under another URL', async () => {
    const { ready } = await startReady({ env: { PUBLIC_URL: 'https://api.example.com' } });
    const { body } = await ask(`${ready.url}/.well-known/oauth-authorization-server`);
    expect(body['issuer']).toBe('https://api.example.com');
  });
});
