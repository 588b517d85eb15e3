import { describe, expect, it } from 'vitest';
import { runStrategy } from '../../../src/passport/run-strategy.ts';
import type { SocialSignIn } from '../../../src/services/social/contract.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { FacebookStrategy, type FacebookOptions } from '../../../strategies/facebook.ts';
import { complaint } from '../../support/complaint.ts';
import { SEALING, startProviders, stopProvidersAfterEach } from '../../support/providers.ts';
import { answering, begin, goThere, parametersOf, whoseCode } from './sign-in-stage.ts';

stopProvidersAfterEach();

const OPTIONS: FacebookOptions = {
  clientId: '1234567890123456',
  clientSecret: 'a secret',
  callbackUrl: 'https://api.example/callback',
  graphVersion: 'v24.0',
  login: true,
  store: memoryStore(),
  sealing: SEALING,
};

function signInOf(options: Partial<FacebookOptions> = {}): SocialSignIn {
  return new FacebookStrategy({ ...OPTIONS, ...options }).signIn as SocialSignIn;
}

describe('the authorization request of FacebookStrategy', () => {
  const ASKED = {
    response_type: 'code',
    client_id: '1234567890123456',
    redirect_uri: 'https://api.example/callback',
    scope: 'email,public_profile',
    state: '43 characters',
  };

  it('asks for who somebody is, and has nothing that Facebook does not know', async () => {
    const { url } = await begin(signInOf());
    expect(url.origin + url.pathname).toBe('https://www.facebook.com/v24.0/dialog/oauth');
    expect(parametersOf(url)).toEqual(ASKED);
  });

  it('asks for the scopes that are configured, at the address that is', async () => {
    const endpoints = { authorizationUrl: 'https://facebook.example/dialog' };
    const { url } = await begin(signInOf({ scopes: ['email'], endpoints }));
    expect(url.origin + url.pathname).toBe('https://facebook.example/dialog');
    expect(parametersOf(url)).toEqual({ ...ASKED, scope: 'email' });
  });
});

describe('the sign-in of FacebookStrategy', () => {
  it('asks the Graph API who the access token stands for', async () => {
    const stage = await startProviders();
    const { facebook } = stage;
    const { signIn } = new FacebookStrategy(stage.facebookOptions(3000));
    const { id } = facebook.accounts[0] as { id: string };
    expect(await goThere(signIn as SocialSignIn, (url) => facebook.consent(url))).toMatchObject({
      outcome: 'identified',
      identity: { provider: 'facebook', issuer: 'https://www.facebook.com', subject: id },
    });
    expect(facebook.requests.map(({ path }) => path)).toEqual(['/v24.0/oauth/access_token', '/v24.0/me']);
  });

  it('OC-07 asks for which application a token was made that a client hands in', async () => {
    const stage = await startProviders();
    const { facebook } = stage;
    const { signIn } = new FacebookStrategy(stage.facebookOptions(3000));
    const { id } = facebook.accounts[0] as { id: string };
    const own = await signIn?.identifyAccessToken(facebook.accessToken());
    const other = await signIn?.identifyAccessToken(facebook.accessToken(undefined, { appId: '999' }));
    expect([own, other]).toMatchObject([{ subject: id }, { code: 'signin_credential_refused' }]);
  });

  it.each([
    ['a code that has expired', { code: 100, error_subcode: 36_007 }, 'signin_code_refused'],
    ['a code of another redirect address', { code: 100, error_subcode: 36_008 }, 'signin_code_refused'],
    ['a code that has been used', { code: 100, error_subcode: 36_009 }, 'signin_code_refused'],
    ['a wrong redirect address', { code: 100 }, 'signin_exchange_failed'],
    ['another subcode', { code: 100, error_subcode: 36_006 }, 'signin_exchange_failed'],
    ['a text', 'invalid_grant', 'signin_exchange_failed'],
    ['null', null, 'signin_exchange_failed'],
  ])('tells a code that is refused from its own mistake: %s', async (_, error, code) => {
    const { fetch, asked } = answering(400, { error });
    expect(await whoseCode(signInOf({ transport: { fetch } }))).toBe(code);
    expect(asked).toEqual(['https://graph.facebook.com/v24.0/oauth/access_token']);
  });
});

describe('new FacebookStrategy', () => {
  it.each(['v2.0', 'v24.0', 'v124.9'])('takes %s for a version of the Graph API', (graphVersion) => {
    expect(complaint(() => signInOf({ graphVersion }))).toBe('nothing was thrown');
  });

  it.each(['24.0', 'v.0', 'v1234.0', 'v24.', 'v24.00', 'v24.0/', 'xv24.0', 'va.0', 'v24.a', 'v2400'])(
    'takes %s for none',
    (graphVersion) => {
      expect(complaint(() => signInOf({ graphVersion }))).toBe(
        'option_invalid: FacebookStrategy.graphVersion must be a version of the Graph API, such as "v24.0", not a string.',
      );
    },
  );

  it('takes no list for a version, although it reads as one', () => {
    expect(complaint(() => signInOf({ graphVersion: ['v24.0'] as never }))).toMatch(
      /graphVersion must be a version of the Graph API, such as "v24\.0", not a list\.$/,
    );
  });

  it.each(['authorizationUrl', 'graphUrl'])('refuses a plain %s', (name) => {
    expect(complaint(() => signInOf({ endpoints: { [name]: 'http://facebook.example/' } }))).toBe(
      `option_invalid: FacebookStrategy.endpoints.${name} must be an absolute https address without user and fragment (http on loopback only), not a string.`,
    );
  });

  it('is for connections alone unless login is true, and says so', async () => {
    for (const login of [undefined, false]) {
      const strategy = new FacebookStrategy({ ...OPTIONS, login });
      const outcome = await runStrategy(strategy, { method: 'GET', url: '/facebook', headers: {} });
      expect([strategy.signIn, outcome]).toMatchObject([
        null,
        {
          action: 'error',
          error: {
            code: 'option_missing',
            message:
              'FacebookStrategy.login is not true, so that nobody can sign in with Facebook. Write login: true if that is meant.',
          },
        },
      ]);
    }
  });
});
