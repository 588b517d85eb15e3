import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { GoogleStrategy, type GoogleOptions } from '../../../strategies/google.ts';
import { complaint } from '../../support/complaint.ts';
import { SEALING, startProviders, stopProvidersAfterEach } from '../../support/providers.ts';
import { answering, begin, goThere, parametersOf, whoseCode } from './sign-in-stage.ts';

stopProvidersAfterEach();

const OPTIONS: GoogleOptions = {
  clientId: 'the-client',
  clientSecret: 'a secret',
  callbackUrl: 'https://api.example/callback',
  store: memoryStore(),
  sealing: SEALING,
};

async function start(options: Partial<GoogleOptions> = {}) {
  const stage = await startProviders();
  const { signIn } = new GoogleStrategy({ ...stage.googleOptions(3000), ...options });
  const consent = (url: string): string => stage.google.consent(url);
  return { google: stage.google, signIn, consent };
}

describe('the authorization request of GoogleStrategy', () => {
  const ASKED = {
    response_type: 'code',
    client_id: 'the-client',
    redirect_uri: 'https://api.example/callback',
    scope: 'openid email profile',
    state: '43 characters',
    nonce: '43 characters',
    code_challenge: '43 characters',
    code_challenge_method: 'S256',
  };

  it('OC-02 OC-04 has a challenge and a nonce, and asks for who somebody is', async () => {
    const { url } = await begin(new GoogleStrategy(OPTIONS).signIn);
    expect(parametersOf(url)).toEqual(ASKED);
  });

  it('names the hosted domain and the scopes that are configured', async () => {
    const options = { ...OPTIONS, hostedDomain: 'example.com', scopes: ['openid', 'calendar'] };
    const { url } = await begin(new GoogleStrategy(options).signIn);
    expect(parametersOf(url)).toEqual({ ...ASKED, hd: 'example.com', scope: 'openid calendar' });
  });

  it('takes no other domain from the route', async () => {
    const { signIn } = new GoogleStrategy({ ...OPTIONS, hostedDomain: 'example.com' });
    const { url } = await begin(signIn, { hostedDomain: 'evil.example' });
    expect(url.searchParams.getAll('hd')).toEqual(['example.com']);
  });
});

describe('the sign-in of GoogleStrategy', () => {
  it('finds out who it is by the ID token, and without the scope openid by the access token', async () => {
    for (const [scopes, path] of [
      [['openid', 'email'], '/oauth2/v3/certs'],
      [['email'], '/v1/userinfo'],
    ] as const) {
      const { google, signIn, consent } = await start({ scopes });
      const { id } = google.accounts[0] as { id: string };
      expect(await goThere(signIn, consent)).toMatchObject({
        outcome: 'identified',
        identity: { provider: 'google', issuer: google.endpoints.issuer, subject: id },
      });
      expect(google.requests.map((request) => request.path)).toEqual(['/token', path]);
    }
  });

  it('OC-04 refuses an ID token with the nonce of another sign-in', async () => {
    const { google, signIn, consent } = await start();
    google.forgeIdTokens({ claims: { nonce: 'another' } });
    expect(await goThere(signIn, consent)).toMatchObject({
      outcome: 'refused',
      error: { code: 'signin_credential_refused' },
    });
  });

  it('OC-04 accepts tokens of its own client and of those that are named, and of no other', async () => {
    const { google, signIn } = await start({ otherClientIds: ['android.apps.example'] });
    const { id } = google.accounts[0] as { id: string };
    const outcomes = async (audience: string | undefined): Promise<readonly string[]> => {
      const claims = audience === undefined ? {} : { aud: audience, azp: audience };
      const found = await Promise.all([
        signIn.identifyAccessToken(google.accessToken(undefined, audience === undefined ? {} : { audience })),
        signIn.identifyIdToken?.(google.idToken(undefined, { claims })),
      ]);
      return found.map((each) => (isAuthError(each) ? each.code : (each?.subject ?? 'nobody')));
    };
    expect(await outcomes(undefined)).toEqual([id, id]);
    expect(await outcomes('android.apps.example')).toEqual([id, id]);
    expect(await outcomes('another.apps.example')).toEqual([
      'signin_credential_refused',
      'signin_credential_refused',
    ]);
  });

  it.each([
    ['invalid_grant', 'signin_code_refused'],
    ['invalid_client', 'signin_exchange_failed'],
    ['', 'signin_exchange_failed'],
  ])('tells a code that is refused from its own mistake: %j', async (error, code) => {
    const { fetch, asked } = answering(400, { error });
    expect(await whoseCode(new GoogleStrategy({ ...OPTIONS, transport: { fetch } }).signIn)).toBe(code);
    expect(asked).toEqual(['https://oauth2.googleapis.com/token']);
  });
});

describe('new GoogleStrategy', () => {
  const URL_WANTED = 'must be an absolute https address without user and fragment (http on loopback only)';

  it.each<[string, object, string]>([
    [
      'an empty domain',
      { hostedDomain: '' },
      'hostedDomain must be a string that is not empty, not an empty string.',
    ],
    [
      'no other client ids in a list',
      { otherClientIds: [] },
      'otherClientIds must be a list that is not empty, not an empty list.',
    ],
    [
      'an empty issuer',
      { endpoints: { issuer: '' } },
      'endpoints.issuer must be a string that is not empty, not an empty string.',
    ],
    ...['authorizationUrl', 'tokenUrl', 'userinfoUrl', 'jwksUrl', 'tokeninfoUrl', 'revocationUrl'].map(
      (name): [string, object, string] => [
        `a plain ${name}`,
        { endpoints: { [name]: 'http://google.example/' } },
        `endpoints.${name} ${URL_WANTED}, not a string.`,
      ],
    ),
  ])('refuses %s', (_, options, message) => {
    expect(complaint(() => new GoogleStrategy({ ...OPTIONS, ...options }))).toBe(
      `option_invalid: GoogleStrategy.${message}`,
    );
  });
});
