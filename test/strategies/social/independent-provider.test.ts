import { OAuth2Server } from 'oauth2-mock-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GoogleStrategy } from '../../../strategies/google.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { stopHostsAfterEach } from '../../support/frameworks.ts';
import { send } from '../../support/http-client.ts';
import { cookieClient, listenKnowing, locationOf, SEALING } from '../../support/providers.ts';
import { PASSPORT_HOSTS } from './hosts.ts';

stopHostsAfterEach();

/** A provider that others wrote: it issues codes at once, checks PKCE, and repeats the nonce in its ID token. */
let provider: OAuth2Server;

beforeEach(async () => {
  provider = new OAuth2Server();
  await provider.issuer.keys.generate('RS256');
  await provider.start(0, '127.0.0.1');
});
afterEach(() => provider.stop());

async function start() {
  const issuer = provider.issuer.url as string;
  const [node] = PASSPORT_HOSTS.slice(-1);
  return listenKnowing(
    (port) =>
      node?.build([
        new GoogleStrategy({
          clientId: 'the-client',
          clientSecret: 'a secret',
          callbackUrl: `http://127.0.0.1:${port}/google`,
          store: memoryStore(),
          sealing: SEALING,
          dangerouslyAllowPlainHttp: true,
          endpoints: {
            issuer,
            authorizationUrl: `${issuer}/authorize`,
            tokenUrl: `${issuer}/token`,
            jwksUrl: `${issuer}/jwks`,
            userinfoUrl: `${issuer}/userinfo`,
          },
        }),
      ]) ?? (() => undefined),
  );
}

/** Goes to the provider, which consents by itself, and back. */
async function signIn(port: number) {
  const client = cookieClient(port);
  const url = new URL(locationOf(await client.get('/google')));
  const back = await send(Number(url.port), { path: url.pathname + url.search });
  return client.visit(locationOf(back));
}

describe('GoogleStrategy at a provider that others wrote', () => {
  it('signs in', async () => {
    const { port } = await start();
    const answer = await signIn(port);
    expect(answer.json()).toMatchObject({
      user: { provider: 'google', issuer: provider.issuer.url, subject: 'johndoe', email: null },
    });
  });

  it('OC-04 refuses an ID token whose nonce it has changed', async () => {
    provider.service.on('beforeTokenSigning', ({ payload }: { payload: { nonce?: string } }) => {
      if (payload.nonce !== undefined) payload.nonce = 'another';
    });
    const { port } = await start();
    expect((await signIn(port)).status).toBe(401);
  });

  it('OC-02 sends the verifier of the challenge that it has sent', async () => {
    const { port } = await start();
    const client = cookieClient(port);
    const url = new URL(locationOf(await client.get('/google')));
    url.searchParams.set('code_challenge', 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    const back = await send(Number(url.port), { path: url.pathname + url.search });
    expect((await client.visit(locationOf(back))).status).not.toBe(200);
  });
});
