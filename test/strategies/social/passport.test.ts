import type { RequestHandler } from 'express';
import express from 'express';
import { Passport } from 'passport';
import { Strategy as PassportFacebook } from 'passport-facebook';
import { Strategy as PassportGoogle } from 'passport-google-oauth20';
import { describe, expect, it } from 'vitest';
import { FacebookStrategy } from '../../../strategies/facebook.ts';
import { GoogleStrategy, type ProviderGrant, type VerifyIdentity } from '../../../strategies/google.ts';
import { runStrategy } from '../../../src/passport/run-strategy.ts';
import { stopHostsAfterEach } from '../../support/frameworks.ts';
import {
  cookieClient,
  listenKnowing,
  locationOf,
  startProviders,
  stopProvidersAfterEach,
} from '../../support/providers.ts';
import { PASSPORT_HOSTS } from './hosts.ts';

stopHostsAfterEach();
stopProvidersAfterEach();

const [EXPRESS] = PASSPORT_HOSTS;

/** Signs in with Google under Passport, with a verification of the host's own. */
async function signInWith<U>(verify: VerifyIdentity<U>, options: object = {}) {
  const stage = await startProviders();
  const { port } = await listenKnowing(
    (own) =>
      EXPRESS?.build([new GoogleStrategy(stage.googleOptions(own), verify)], options) ?? (() => undefined),
  );
  const client = cookieClient(port);
  const begun = await client.get('/google');
  return { stage, answer: await client.visit(stage.google.consent(locationOf(begun))) };
}

describe('GoogleStrategy and FacebookStrategy under Passport', () => {
  it('are strategies of passport-google-oauth20 and passport-facebook', async () => {
    const stage = await startProviders();
    expect(new GoogleStrategy(stage.googleOptions(1))).toBeInstanceOf(PassportGoogle);
    expect(new FacebookStrategy(stage.facebookOptions(1))).toBeInstanceOf(PassportFacebook);
  });

  it('sign in whom the host finds, and hand it the tokens and its own state', async () => {
    const seen: unknown[] = [];
    const { stage, answer } = await signInWith(
      async (identity, grant: ProviderGrant, { state }) => {
        seen.push([identity.subject, grant, state]);
        return { id: 'ada' };
      },
      { state: { returnTo: '/inbox' } },
    );
    expect(answer.json()).toEqual({ user: { id: 'ada' }, info: { state: { returnTo: '/inbox' } } });
    expect(seen).toEqual([
      [
        stage.google.accounts[0]?.id,
        {
          accessToken: expect.stringMatching(/^ya29\./) as string,
          refreshToken: null,
          idToken: expect.stringMatching(/^ey/) as string,
          scopes: ['openid', 'email', 'profile'],
          expiresInSeconds: 3599,
        },
        { returnTo: '/inbox' },
      ],
    ]);
    expect(answer.text).not.toContain('ya29.');
  });

  it.each([[null], [undefined]])('refuse with 403 whom the host does not know: %j', async (user) => {
    expect((await signInWith(() => user)).answer.status).toBe(403);
  });

  it('pass on what the host throws, now or later', async () => {
    const thrown = new Error('the database is down');
    const now = await signInWith(() => {
      throw thrown;
    });
    const later = await signInWith(() => Promise.reject(thrown));
    expect([now.answer.json(), later.answer.json()]).toEqual([
      { error: 'the database is down' },
      { error: 'the database is down' },
    ]);
  });

  it('ask for offline access and more, when the route says so', async () => {
    const verify: VerifyIdentity<object> = (_identity, { refreshToken, scopes }) => ({
      refreshToken,
      scopes,
    });
    const { answer } = await signInWith(verify, {
      accessType: 'offline',
      prompt: 'consent',
      loginHint: 'ada@example.com',
      // What would weaken the sign-in has no effect.
      scope: ['everything'],
      callbackURL: 'https://evil.example/',
    });
    expect(answer.json()).toMatchObject({
      user: {
        refreshToken: expect.stringMatching(/^1\/\//) as string,
        scopes: ['openid', 'email', 'profile'],
      },
    });
  });

  it('keep two people apart who come back at the same time, as instances and by name', async () => {
    const accounts = ['ada', 'grace'].map((id) => ({ id, email: `${id}@example.com` }));
    const stage = await startProviders({ google: { accounts } });
    let byName: RequestHandler = () => undefined;
    let byInstance: RequestHandler = () => undefined;
    const { port } = await listenKnowing((own) => {
      const strategy = new GoogleStrategy(stage.googleOptions(own));
      const passport = new Passport();
      passport.use(strategy as never);
      byName = passport.authenticate('google', { session: false }) as RequestHandler;
      byInstance = passport.authenticate(strategy as never, { session: false }) as RequestHandler;
      const app = express();
      const answer: RequestHandler = (request, response) => {
        response.json((request.user as { subject: string }).subject);
      };
      app.get('/google', (request, response, next) => {
        const how = request.headers['x-how'] === 'instance' ? byInstance : byName;
        how(request, response, next);
      });
      app.get('/google', answer);
      return app;
    });
    for (const how of ['name', 'instance']) {
      const headers = { 'X-How': how };
      const clients = accounts.map(() => cookieClient(port));
      const urls = await Promise.all(clients.map((client) => client.get('/google', { headers })));
      const backs = urls.map((begun, index) => {
        const { pathname, search } = new URL(
          stage.google.consent(locationOf(begun), { as: accounts[index] }),
        );
        return pathname + search;
      });
      const answers = await Promise.all(
        clients.map((client, index) => client.get(backs[index] as string, { headers })),
      );
      expect(answers.map((answer) => answer.json())).toEqual(['ada', 'grace']);
    }
  });

  it('say how to mend it where a request does not lead to its response', async () => {
    const stage = await startProviders();
    const strategy = new GoogleStrategy(stage.googleOptions(1));
    const outcome = await runStrategy(strategy, { method: 'GET', url: '/google', headers: {} });
    expect(outcome).toMatchObject({
      action: 'error',
      error: {
        code: 'option_missing',
        message: expect.stringContaining('{ session: false, response }') as string,
      },
    });
  });

  it('sign nobody in with Facebook unless that is written out', async () => {
    const stage = await startProviders();
    const { login: _login, ...options } = stage.facebookOptions(1);
    const strategy = new FacebookStrategy(options);
    const outcome = await runStrategy(strategy, { method: 'GET', url: '/facebook?code=a', headers: {} });
    expect([strategy.signIn, outcome]).toMatchObject([
      null,
      { action: 'error', error: { message: expect.stringContaining('login: true') as string } },
    ]);
  });

  it('OC-01 finish under one name nothing that another one has begun', async () => {
    const stage = await startProviders();
    const { port } = await listenKnowing(
      (own) =>
        EXPRESS?.build([
          new GoogleStrategy(stage.googleOptions(own)),
          new GoogleStrategy({ ...stage.googleOptions(own), name: 'staff' }),
        ]) ?? (() => undefined),
    );
    const client = cookieClient(port);
    const { search } = new URL(stage.google.consent(locationOf(await client.get('/google'))));
    expect((await client.get(`/staff${search}`)).status).toBe(403);
    expect((await client.get(`/google${search}`)).status).toBe(200);
  });
});
