import { describe, expect, it } from 'vitest';
import { FacebookStrategy, type FacebookOptions } from '../../../strategies/facebook.ts';
import { GoogleStrategy, type GoogleOptions } from '../../../strategies/google.ts';
import { ConfigError } from '../../../src/core/errors.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { SEALING } from '../../support/providers.ts';

const OPTIONS: GoogleOptions = {
  clientId: 'the-client',
  clientSecret: 'a secret',
  callbackUrl: 'https://api.example/callback',
  store: memoryStore(),
  sealing: SEALING,
};

const FACEBOOK: FacebookOptions = { ...OPTIONS, graphVersion: 'v24.0', login: true };

describe('the options of GoogleStrategy and FacebookStrategy', () => {
  it.each([
    [{ clientSecret: undefined }, 'clientSecret is required'],
    [{ callbackUrl: undefined }, 'callbackUrl is required'],
    [{ callbackUrl: '/callback' }, 'callbackUrl must be an absolute https address without a query'],
    [{ callbackUrl: 'http://api.example/callback' }, 'callbackUrl must be an absolute https address'],
    [{ callbackUrl: 'https://api.example/callback?a=b' }, 'callbackUrl must be an absolute https address'],
    [{ callbackUrl: 'https://user@api.example/callback' }, 'callbackUrl must be an absolute https address'],
    [{ callbackUrl: 'http://127.0.0.1:3000/callback' }, 'callbackUrl must begin with https://'],
    [{ store: undefined }, 'store is required'],
    [{ sealing: undefined }, 'sealing: options must be an object'],
    [{ sealing: { primary: 'a'.repeat(64) } }, 'sealing.primary is text or a pattern'],
    [{ scopes: [] }, 'scopes must be a list that is not empty'],
    [{ transport: { timeoutMs: 'soon' } }, 'transport.timeoutMs must be a whole number'],
    [{ endpoints: { tokenUrl: 'http://evil.example/' } }, 'endpoints.tokenUrl'],
    [{ clientID: 'the-client' }, 'unknown option "clientID"; did you mean "clientId"?'],
    [{ callbackURL: '/x' }, 'unknown option "callbackURL"; did you mean "callbackUrl"?'],
  ])('are refused: %j', (changed, message) => {
    const google = () => new GoogleStrategy({ ...OPTIONS, ...(changed as Partial<GoogleOptions>) });
    expect(google).toThrow(ConfigError);
    expect(google).toThrow(message);
    // Facebook knows no token endpoint of its own: it is part of the Graph API.
    if (message === 'endpoints.tokenUrl') return;
    expect(() => new FacebookStrategy({ ...FACEBOOK, ...(changed as Partial<FacebookOptions>) })).toThrow(
      message,
    );
  });

  it.each([[undefined], ['24'], ['v24'], ['24.0'], ['latest'], ['v24.0/../x']])(
    'name the version of the Graph API: %j',
    (graphVersion) => {
      const build = () => new FacebookStrategy({ ...FACEBOOK, graphVersion: graphVersion as string });
      expect(build).toThrow(/^FacebookStrategy\.graphVersion /);
    },
  );

  it('stay as they are, so that two strategies may share some', () => {
    const shared = Object.freeze({ ...OPTIONS });
    const google = new GoogleStrategy(shared);
    const facebook = new FacebookStrategy({ ...shared, graphVersion: 'v24.0', login: true });
    expect([google.signIn.provider, facebook.signIn?.provider]).toEqual(['google', 'facebook']);
    expect(shared).toEqual(OPTIONS);
  });

  it('lead to the addresses of the providers themselves', async () => {
    const exchange = { headerLines: () => [] } as never;
    const request = { purpose: 'test', redirectUri: OPTIONS.callbackUrl, data: null };
    const google = await new GoogleStrategy(OPTIONS).signIn.begin(exchange, request);
    const facebook = await new FacebookStrategy(FACEBOOK).signIn?.begin(exchange, request);
    const begins = [google, facebook].map((begun) =>
      (begun as { authorizationUrl: string }).authorizationUrl.split('?', 1),
    );
    expect(begins).toEqual([
      ['https://accounts.google.com/o/oauth2/v2/auth'],
      ['https://www.facebook.com/v24.0/dialog/oauth'],
    ]);
  });

  it('give Passport a name', () => {
    expect([new GoogleStrategy(OPTIONS).name, new FacebookStrategy(FACEBOOK).name]).toEqual([
      'google',
      'facebook',
    ]);
    expect(new GoogleStrategy({ ...OPTIONS, name: 'staff' }).name).toBe('staff');
  });
});
