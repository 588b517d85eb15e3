import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../support/http-client.ts';
import { locationOf, type CookieClient } from '../../../support/providers.ts';
import {
  ACCESS_DENIED,
  DISABLED,
  EXCHANGE_FAILED,
  expectRefusal,
  expectSignedIn,
  FORBIDDEN,
  STATE_INVALID,
  STATE_MISSING,
  STATE_UNKNOWN,
  UNAVAILABLE,
} from '../expectations.ts';
import { PLAIN_HOSTS } from '../hosts.ts';
import {
  ADA,
  APP_URI,
  PAGE_URI,
  pathOf,
  PROVIDERS,
  startSocialStage,
  stopSocialStagesAfterEach,
  type Provider,
  type SocialStage,
} from './stage.ts';

stopSocialStagesAfterEach();

const asked = (uri: string | null): string =>
  uri === null ? '' : `?redirect_uri=${encodeURIComponent(uri)}`;

/** Begins as a browser does, and gives the address that it is sent to. */
async function start(client: CookieClient, provider: Provider, uri: string | null = null): Promise<string> {
  return locationOf(await client.get(pathOf(provider, `start/${asked(uri)}`)));
}

/** Goes all the way, and gives the answer of the callback. */
async function through(
  stage: SocialStage,
  client: CookieClient,
  provider: Provider,
  uri: string | null = null,
) {
  return client.visit(stage[provider].consent(await start(client, provider, uri)));
}

/** A redirect back to a page, as its parameters. */
function expectBackAt(answer: HttpAnswer, uri: string, parameters: object): void {
  const location = locationOf(answer);
  expect([
    answer.status,
    answer.text,
    answer.header('cache-control'),
    answer.header('referrer-policy'),
  ]).toEqual([302, '', 'no-store', 'no-referrer']);
  expect(location.startsWith(`${uri}${uri.includes('?') ? '&' : '?'}`)).toBe(true);
  const { searchParams } = new URL(location, 'https://app.example');
  for (const name of new URL(uri, 'https://app.example').searchParams.keys()) searchParams.delete(name);
  expect(Object.fromEntries(searchParams)).toEqual(parameters);
}

describe.each(PLAIN_HOSTS)('the redirect flow on $name', (host) => {
  it.each(PROVIDERS)('ends with the JSON of a sign-in when no page began it, with %s', async (provider) => {
    const stage = await startSocialStage({ host });
    const client = stage.client();
    const begun = await client.get(pathOf(provider, 'start/'));
    expect([begun.status, begun.text, begun.header('cache-control')]).toEqual([302, '', 'no-store']);
    expect(begun.header('set-cookie')).toMatch(
      /^portcullis-interaction=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    const url = new URL(locationOf(begun));
    expect(url.origin + url.pathname).toBe(stage[provider].endpoints.authorizationUrl);
    expect(url.searchParams.get('redirect_uri')).toBe(
      `http://127.0.0.1:${stage.port}/api/v1/auth/${provider}/callback/`,
    );
    expectSignedIn(await client.visit(stage[provider].consent(url.href)), ADA);
  });

  it.each(PROVIDERS)(
    'ends at the page that began it, with a code that its browser hands in once, with %s',
    async (provider) => {
      const stage = await startSocialStage({ host });
      const client = stage.client();
      const back = await through(stage, client, provider, PAGE_URI);
      const code = new URL(locationOf(back), 'https://app.example').searchParams.get('code');
      expectBackAt(back, PAGE_URI, { provider, code });
      expect(code).toMatch(/^portcullis_[\w-]{43}$/);
      expect(await stage.system.sessions.list('1')).toEqual([]);
      expectSignedIn(await client.post(pathOf(provider), { code }), ADA);
      expectRefusal(await client.post(pathOf(provider), { code }), EXCHANGE_FAILED);
    },
  );
});

describe('the cookie of the redirect flow', () => {
  it('SE-20 is __Host-, HttpOnly, Secure and SameSite=Lax', async () => {
    const google = { callbackUrl: 'https://api.example/api/v1/auth/google/callback/' };
    const stage = await startSocialStage({ google });
    const begun = await stage.client().get(pathOf('google', 'start/'));
    expect(begun.header('set-cookie')).toMatch(
      /^__Host-portcullis-interaction=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
  });

  it('OC-01 is what a callback must come with', async () => {
    const stage = await startSocialStage();
    const [ada, mallory] = [stage.client(), stage.client()];
    const callback = stage.google.consent(await start(mallory, 'google'));
    expectRefusal(await ada.visit(callback), STATE_INVALID);
    await start(ada, 'google');
    expectRefusal(await ada.visit(callback), STATE_INVALID);
    expect(stage.google.requests.filter(({ path }) => path === '/token')).toEqual([]);
    expectSignedIn(await mallory.visit(callback), ADA);
  });

  it('OC-01 SE-20 is refused when it comes twice', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const url = await start(client, 'google');
    const [[name = '', value = ''] = []] = client.cookies;
    const { pathname, search } = new URL(stage.google.consent(url));
    const twice = { headers: { Cookie: `${name}=${value}; ${name}=planted` } };
    expectRefusal(await stage.client().get(pathname + search, twice), FORBIDDEN);
    expectRefusal(await stage.client().get(pathOf('google', 'start/'), twice), FORBIDDEN);
  });
});

describe('the callback', () => {
  it.each(PROVIDERS)(
    'OC-01 refuses a state that is missing, made up, repeated, used or too old, with %s',
    async (provider) => {
      const stage = await startSocialStage();
      const client = stage.client();
      const at = (query: string) => client.get(pathOf(provider, `callback/${query}`));
      const url = new URL(stage[provider].consent(await start(client, provider, APP_URI)));
      const [code, state] = [url.searchParams.get('code'), url.searchParams.get('state')];
      expectRefusal(await at(''), STATE_MISSING);
      expectRefusal(await at(`?code=${code}`), STATE_MISSING);
      expectRefusal(await at('?error=access_denied'), STATE_MISSING);
      expectRefusal(await at(`?code=${code}&state=made-up`), STATE_UNKNOWN);
      expectRefusal(await at(`?code=${code}&state=${state}&state=${state}`), STATE_INVALID);
      expectRefusal(await at(`?code=${code}&code=other&state=${state}`), STATE_INVALID);
      stage.clock.advance(600);
      expectRefusal(await at(`?code=${code}&state=${state}`), STATE_UNKNOWN);
    },
  );

  it.each(PROVIDERS)('OC-01 answers a page that is loaded again with 400, with %s', async (provider) => {
    const stage = await startSocialStage();
    const client = stage.client();
    const callback = stage[provider].consent(await start(client, provider));
    expectSignedIn(await client.visit(callback), ADA);
    expectRefusal(await client.visit(callback), STATE_UNKNOWN);
  });

  it('OC-01 of one provider takes no state of the other', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const { search } = new URL(stage.google.consent(await start(client, 'google')));
    expectRefusal(await client.get(pathOf('facebook', `callback/${search}`)), STATE_INVALID);
    expectSignedIn(await client.get(pathOf('google', `callback/${search}`)), ADA);
  });

  it('OC-03 refuses an answer that names another issuer', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    for (const issuer of ['https://accounts.evil.example', 'https://accounts.google.com/']) {
      const url = new URL(stage.google.consent(await start(client, 'google')));
      url.searchParams.set('iss', issuer);
      expectRefusal(await client.visit(url.href), STATE_INVALID);
    }
    const facebook = new URL(stage.facebook.consent(await start(client, 'facebook')));
    facebook.searchParams.set('iss', 'https://accounts.google.com');
    expectRefusal(await client.visit(facebook.href), STATE_INVALID);
    expect(stage.google.requests.filter(({ path }) => path === '/token')).toEqual([]);
  });

  it.each(PROVIDERS)('says that consent was denied, to the page or as JSON, with %s', async (provider) => {
    const stage = await startSocialStage();
    const client = stage.client();
    const url = await start(client, provider, PAGE_URI);
    const denied = await client.visit(stage[provider].consent(url, { deny: true }));
    expectBackAt(denied, PAGE_URI, { provider, error: 'access_denied' });
    const bare = await start(client, provider);
    expectRefusal(await client.visit(stage[provider].consent(bare, { deny: true })), ACCESS_DENIED);
    expect(stage.events.slice(-1)).toMatchObject([{ outcome: 'denied', reason: 'signin_denied' }]);
  });

  it.each([
    ['error=invalid_scope', 'signin_failed', EXCHANGE_FAILED],
    ['error_code=1349048&error_message=x', 'temporarily_unavailable', UNAVAILABLE],
    ['error=temporarily_unavailable', 'temporarily_unavailable', UNAVAILABLE],
    ['code=', 'signin_failed', EXCHANGE_FAILED],
    ['', 'signin_failed', EXCHANGE_FAILED],
  ])('answers what is neither consent nor its denial: "%s"', async (query, error, refusal) => {
    const stage = await startSocialStage();
    const client = stage.client();
    const stateOf = (url: string) => `state=${new URL(url).searchParams.get('state')}`;
    const page = await start(client, 'facebook', APP_URI);
    const back = await client.get(pathOf('facebook', `callback/?${query}&${stateOf(page)}`));
    expectBackAt(back, APP_URI, { provider: 'facebook', error });
    const bare = await start(client, 'facebook');
    expectRefusal(await client.get(pathOf('facebook', `callback/?${query}&${stateOf(bare)}`)), refusal);
  });

  it('tells a page why somebody was not signed in, and no more', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    stage.ada.active = false;
    expectBackAt(await through(stage, client, 'google', PAGE_URI), PAGE_URI, {
      provider: 'google',
      error: 'account_disabled',
    });
    expectRefusal(await through(stage, client, 'google'), DISABLED);
    stage.ada.identities.clear();
    const taken = { provider: 'google', error: 'email_taken' };
    expectBackAt(await through(stage, client, 'google', PAGE_URI), PAGE_URI, taken);
    stage.directory.users.splice(0);
    const unknown = { provider: 'google', error: 'not_registered' };
    expectBackAt(await through(stage, client, 'google', PAGE_URI), PAGE_URI, unknown);
  });

  it('bears two tabs at once, which end where each of them began', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const [first, second] = [
      await start(client, 'google', PAGE_URI),
      await start(client, 'facebook', APP_URI),
    ];
    const atSecond = await client.visit(stage.facebook.consent(second));
    const atFirst = await client.visit(stage.google.consent(first));
    expect([locationOf(atFirst).startsWith(PAGE_URI), locationOf(atSecond).startsWith(APP_URI)]).toEqual([
      true,
      true,
    ]);
  });

  it('lets one of many simultaneous ones through', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const callback = stage.google.consent(await start(client, 'google'));
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.visit(callback)));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array(9).fill(400),
    ]);
    expect(await stage.system.sessions.list('1')).toHaveLength(1);
  });
});
