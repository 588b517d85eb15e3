import { describe, expect, it } from 'vitest';
import { FacebookStrategy } from '../../../strategies/facebook.ts';
import { GoogleStrategy } from '../../../strategies/google.ts';
import { stopHostsAfterEach } from '../../support/frameworks.ts';
import { PASSPORT_HOSTS, type PassportHost } from './hosts.ts';
import {
  cookieClient,
  listenKnowing,
  locationOf,
  startProviders,
  stopProvidersAfterEach,
  type ProviderStage,
} from '../../support/providers.ts';

stopHostsAfterEach();
stopProvidersAfterEach();

/** A host on which people sign in with both. */
async function startHost(host: PassportHost, options?: object) {
  const stage = await startProviders();
  const { port } = await listenKnowing((own) =>
    host.build(
      [new GoogleStrategy(stage.googleOptions(own)), new FacebookStrategy(stage.facebookOptions(own))],
      options,
    ),
  );
  return { stage, port };
}

const providers = ['google', 'facebook'] as const;
const of = (stage: ProviderStage, provider: (typeof providers)[number]) => stage[provider];

describe.each(PASSPORT_HOSTS)('sign-in at a provider on $name', (host) => {
  it.each(providers)('signs in with %s without a session', async (provider) => {
    const { stage, port } = await startHost(host, { state: { returnTo: '/inbox' } });
    const client = cookieClient(port);
    const begun = await client.get(`/${provider}`);
    expect([begun.status, begun.header('cache-control')]).toEqual([302, 'no-store']);
    const done = await client.visit(of(stage, provider).consent(locationOf(begun)));
    expect(done.status).toBe(200);
    const { user, info } = done.json() as { user: Record<string, unknown>; info: unknown };
    expect({ user, info }).toEqual({
      user: {
        provider,
        issuer: provider === 'google' ? stage.google.endpoints.issuer : 'https://www.facebook.com',
        subject: of(stage, provider).accounts[0]?.id,
        email: 'ada@example.com',
        emailVerified: provider === 'google',
        name: 'Ada Lovelace',
        givenName: 'Ada',
        familyName: 'Lovelace',
        pictureUrl: null,
        hostedDomain: null,
      },
      info: { state: { returnTo: '/inbox' } },
    });
  });

  it.each(providers)(
    'OC-01 answers a callback of %s that is loaded again with 403, and never with 500',
    async (provider) => {
      const { stage, port } = await startHost(host);
      const client = cookieClient(port);
      const callback = of(stage, provider).consent(locationOf(await client.get(`/${provider}`)));
      expect((await client.visit(callback)).status).toBe(200);
      expect((await client.visit(callback)).status).toBe(403);
    },
  );

  it.each(providers)('OC-01 refuses the callback of another browser with %s', async (provider) => {
    const { stage, port } = await startHost(host);
    const [mallory, victim] = [cookieClient(port), cookieClient(port)];
    const callback = of(stage, provider).consent(locationOf(await mallory.get(`/${provider}`)));
    expect((await victim.visit(callback)).status).toBe(403);
    await victim.get(`/${provider}`);
    expect((await victim.visit(callback)).status).toBe(403);
    expect((await mallory.visit(callback)).status).toBe(200);
  });

  it.each(providers)('answers a consent that is denied at %s with 403', async (provider) => {
    const { stage, port } = await startHost(host);
    const client = cookieClient(port);
    const url = locationOf(await client.get(`/${provider}`));
    expect((await client.visit(of(stage, provider).consent(url, { deny: true }))).status).toBe(403);
  });

  it.each(providers)('answers a failure of %s with 502, and never with 500', async (provider) => {
    const { stage, port } = await startHost(host);
    const path = provider === 'google' ? '/token' : `/${stage.facebook.graphVersion}/oauth/access_token`;
    for (const [fault, status] of [
      ['hang-up', 502],
      ['null', 502],
      ['html', 502],
      ['redirect', 502],
    ] as const) {
      const client = cookieClient(port);
      const callback = of(stage, provider).consent(locationOf(await client.get(`/${provider}`)));
      of(stage, provider).break(path, fault, 1);
      expect([fault, (await client.visit(callback)).status]).toEqual([fault, status]);
    }
  });
});
