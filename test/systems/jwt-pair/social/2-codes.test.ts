import { describe, expect, it } from 'vitest';
import {
  EXCHANGE_FAILED,
  expectRefusal,
  expectSignedIn,
  REDIRECT_REFUSED,
  STATE_INVALID,
  STATE_MISSING,
  STATE_UNKNOWN,
} from '../expectations.ts';
import { PLAIN_HOSTS } from '../hosts.ts';
import {
  ADA,
  APP_URI,
  codeAndState,
  PAGE_URI,
  pathOf,
  PROVIDERS,
  startSocialStage,
  stopSocialStagesAfterEach,
} from './stage.ts';

stopSocialStagesAfterEach();

const asked = (uri: string): string => `?redirect_uri=${encodeURIComponent(uri)}`;
const BROWSER = { Origin: 'https://app.example' };

describe.each(PLAIN_HOSTS)('the code variant on $name', (host) => {
  it.each(PROVIDERS)(
    'gives an address to begin at, and signs in by the code that comes of it, with %s',
    async (provider) => {
      const stage = await startSocialStage({ host });
      const client = stage.client();
      const begun = await client.get(pathOf(provider) + asked(APP_URI));
      expect([begun.status, begun.header('content-type'), begun.header('cache-control')]).toEqual([
        200,
        'application/json',
        'no-store',
      ]);
      const { authorization_url: url, ...rest } = begun.json() as { authorization_url: string };
      expect(rest).toEqual({});
      const { origin, pathname, searchParams } = new URL(url);
      expect(origin + pathname).toBe(stage[provider].endpoints.authorizationUrl);
      const { state, nonce, code_challenge: challenge, ...parameters } = Object.fromEntries(searchParams);
      expect(state).toMatch(/^[\w-]{43}$/);
      expect(parameters).toEqual({
        response_type: 'code',
        client_id: stage[provider].clientId,
        redirect_uri: APP_URI,
        scope: provider === 'google' ? 'openid email profile' : 'email,public_profile',
        ...(provider === 'google' ? { code_challenge_method: 'S256' } : {}),
      });
      expect([typeof nonce, typeof challenge]).toEqual(
        provider === 'google' ? ['string', 'string'] : ['undefined', 'undefined'],
      );
      const code = new URL(stage[provider].consent(url)).searchParams.get('code');
      expectSignedIn(await client.post(pathOf(provider), { code, state }), ADA);
    },
  );
});

describe('the authorization URL', () => {
  it('OC-02 has a state, a challenge and a nonce of its own each time', async () => {
    const stage = await startSocialStage();
    const texts = new Set<string>();
    for (let round = 0; round < 5; round++) {
      const answer = await stage.client().get(pathOf('google') + asked(APP_URI));
      const { searchParams } = new URL((answer.json() as { authorization_url: string }).authorization_url);
      for (const name of ['state', 'code_challenge', 'nonce']) texts.add(searchParams.get(name) ?? '');
    }
    expect(texts.size).toBe(15);
  });

  it.each([
    ['none', ''],
    ['an empty one', asked('')],
    ['another page', asked('https://app.example/other')],
    ['a page below', asked(`${APP_URI}/`)],
    ['one with a query', asked(`${APP_URI}?a=b`)],
    ['one with a fragment', asked(`${APP_URI}#`)],
    ['another spelling of the host', asked('https://APP.example/signed-in')],
    ['another port', asked('https://app.example:443/signed-in')],
    ['user information', asked('https://app.example@evil.example/signed-in')],
    ['a path of the host itself', asked(PAGE_URI)],
    ['the right one twice', `${asked(APP_URI)}&${asked(APP_URI).slice(1)}`],
    ['the right one and another', `${asked(APP_URI)}&redirect_uri=https://evil.example`],
  ])('OC-08 is refused for %s', async (_title, query) => {
    const stage = await startSocialStage();
    const answer = await stage.client().get(pathOf('google') + query);
    expectRefusal(answer, REDIRECT_REFUSED);
    expect(answer.lines('set-cookie')).toEqual([]);
  });
});

describe('a code', () => {
  it.each(PROVIDERS)(
    'that is used, made up or for another redirect address is refused by %s',
    async (provider) => {
      const stage = await startSocialStage();
      const client = stage.client();
      const first = await codeAndState(stage, provider, client);
      expectSignedIn(await client.post(pathOf(provider), first), ADA);
      const second = await codeAndState(stage, provider, client);
      expectRefusal(await client.post(pathOf(provider), { ...second, code: first.code }), EXCHANGE_FAILED);
      const third = await codeAndState(stage, provider, client);
      expectRefusal(await client.post(pathOf(provider), { ...third, code: 'made-up' }), EXCHANGE_FAILED);
      expect(
        stage.events.flatMap((event) => ('reason' in event && event.reason !== null ? [event.reason] : [])),
      ).toEqual(['signin_code_refused', 'signin_code_refused']);
    },
  );

  it('OC-02 of another sign-in is refused for its verifier', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const first = await codeAndState(stage, 'google', client);
    const second = await codeAndState(stage, 'google', client);
    expectRefusal(
      await client.post(pathOf('google'), { code: first.code, state: second.state }),
      EXCHANGE_FAILED,
    );
  });

  it.each(PROVIDERS)(
    'that cannot be exchanged because of the configuration is told apart in the event, with %s',
    async (provider) => {
      const wrong = { clientSecret: 'another secret' };
      const stage = await startSocialStage({ google: wrong, facebook: wrong });
      const client = stage.client();
      expectRefusal(
        await client.post(pathOf(provider), await codeAndState(stage, provider, client)),
        EXCHANGE_FAILED,
      );
      expect(stage.events.at(-1)).toMatchObject({ outcome: 'denied', reason: 'signin_exchange_failed' });
    },
  );

  it('goes to the token endpoint once, with the secret in the body and nothing in the address', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const { code, state } = await codeAndState(stage, 'google', client);
    expectSignedIn(await client.post(pathOf('google'), { code, state }), ADA);
    const calls = stage.google.requests.filter(({ path }) => path === '/token');
    expect(calls.map(({ query, form }) => [query.toString(), Object.fromEntries(form)])).toEqual([
      [
        '',
        {
          grant_type: 'authorization_code',
          client_id: stage.google.clientId,
          client_secret: stage.google.clientSecret,
          code,
          redirect_uri: APP_URI,
          code_verifier: expect.stringMatching(/^[\w-]{43}$/) as string,
        },
      ],
    ]);
  });
});

describe('a state', () => {
  it('must be there', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const { code } = await codeAndState(stage, 'google', client);
    for (const state of [undefined, '', ' ']) {
      expectRefusal(await client.post(pathOf('google'), { code, state }), STATE_MISSING);
    }
    expectRefusal(await stage.client().post(pathOf('google'), { code: 'a code' }), STATE_MISSING);
  });

  it.each(PROVIDERS)('OC-01 is good once, with %s', async (provider) => {
    const stage = await startSocialStage();
    const client = stage.client();
    const sent = await codeAndState(stage, provider, client);
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.post(pathOf(provider), sent)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(9);
    for (const answer of refused) expectRefusal(answer, STATE_UNKNOWN);
  });

  it('OC-01 is unknown when it is made up, or older than ten minutes', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const { code, state } = await codeAndState(stage, 'google', client);
    expectRefusal(await client.post(pathOf('google'), { code, state: 'made-up' }), STATE_UNKNOWN);
    expectRefusal(await client.post(pathOf('google'), { code, state: 'A'.repeat(43) }), STATE_UNKNOWN);
    stage.clock.advance(600);
    expectRefusal(await client.post(pathOf('google'), { code, state }), STATE_UNKNOWN);
  });

  it('OC-01 of one provider is none at the other, and stays good at its own', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const sent = await codeAndState(stage, 'google', client);
    expectRefusal(await client.post(pathOf('facebook'), sent), STATE_INVALID);
    expectSignedIn(await client.post(pathOf('google'), sent), ADA);
  });

  it('OC-01 of the way for browsers is none for API clients, nor the other way round', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const begun = await client.get(pathOf('google', 'start/'));
    const { searchParams } = new URL(stage.google.consent(begun.header('location') ?? ''));
    const sent = Object.fromEntries(searchParams);
    expectRefusal(await client.post(pathOf('google'), sent), STATE_INVALID);
    const { code, state } = await codeAndState(stage, 'google', client);
    const callback = await client.get(pathOf('google', `callback/?code=${code}&state=${state}`));
    expectRefusal(callback, STATE_INVALID);
  });

  it('OC-01 is good for the browser that began alone, and for programs without cookies', async () => {
    const stage = await startSocialStage();
    const [page, other, program] = [stage.client(), stage.client(), stage.client()];
    const sent = await codeAndState(stage, 'google', page);
    await other.get(pathOf('google') + asked(APP_URI));
    // Somebody leads another page to hand in a code that they began with.
    expectRefusal(await other.post(pathOf('google'), sent, BROWSER), STATE_INVALID);
    expectRefusal(await stage.client().post(pathOf('google'), sent, BROWSER), STATE_INVALID);
    expectRefusal(
      await stage.client().post(pathOf('google'), sent, { 'Sec-Fetch-Site': 'same-origin' }),
      STATE_INVALID,
    );
    // A cookie counts, wherever it comes from.
    expectRefusal(await other.post(pathOf('google'), sent), STATE_INVALID);
    expectSignedIn(await page.post(pathOf('google'), sent, BROWSER), ADA);
    const again = await codeAndState(stage, 'google', page);
    expectSignedIn(await program.post(pathOf('google'), again), ADA);
  });

  it('OC-01 bears two tabs at once', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const [first, second] = [
      await codeAndState(stage, 'google', client),
      await codeAndState(stage, 'google', client),
    ];
    expectSignedIn(await client.post(pathOf('google'), second, BROWSER), ADA);
    expectSignedIn(await client.post(pathOf('google'), first, BROWSER), ADA);
  });
});

describe('a code that a client of the host got by itself', () => {
  const social = { clientRedirectUri: 'postmessage' };

  it('needs no state, and is exchanged under the address that is configured', async () => {
    const stage = await startSocialStage({ social });
    const url = new URL(stage.google.endpoints.authorizationUrl);
    url.search = new URLSearchParams({
      client_id: stage.google.clientId,
      response_type: 'code',
      redirect_uri: 'https://app.example/own',
      scope: 'openid email',
    }).toString();
    const code = new URL(stage.google.consent(url.href)).searchParams.get('code');
    // The loopback provider knows no "postmessage", and so refuses it; what counts is what it was asked.
    expectRefusal(await stage.client().post(pathOf('google'), { code }), EXCHANGE_FAILED);
    expect(stage.google.requests.at(-1)?.form.get('redirect_uri')).toBe('postmessage');
    expect(stage.google.requests.at(-1)?.form.has('code_verifier')).toBe(false);

    const other = await startSocialStage({ social: { clientRedirectUri: 'https://app.example/own' } });
    const ownUrl = url.href.replace(stage.google.url, other.google.url);
    const own = new URL(other.google.consent(ownUrl)).searchParams.get('code');
    expectSignedIn(await other.client().post(pathOf('google'), { code: own }), ADA);
  });

  it('OC-01 is told from one of a sign-in that this browser began here', async () => {
    const stage = await startSocialStage({ social: { clientRedirectUri: APP_URI } });
    const client = stage.client();
    const { code } = await codeAndState(stage, 'facebook', client);
    expectRefusal(await client.post(pathOf('facebook'), { code }), STATE_MISSING);
  });
});
