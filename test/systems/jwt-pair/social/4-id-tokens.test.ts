import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../src/core/errors.ts';
import type { Forgery } from '../../../../src/testing/kit.ts';
import { GoogleStrategy } from '../../../../strategies/google.ts';
import { expectRefusal, expectSignedIn, INCORRECT } from '../expectations.ts';
import { ADA, codeAndState, pathOf, startSocialStage, stopSocialStagesAfterEach } from './stage.ts';

stopSocialStagesAfterEach();

const NOW = 1_767_225_600;

/** Tokens that are no proof of anything, wherever they come from. */
const FORGERIES: readonly (readonly [string, Forgery])[] = [
  ['of another issuer', { claims: { iss: 'https://accounts.evil.example' } }],
  ['of an issuer that begins like the right one', { claims: { iss: 'http://127.0.0.1' } }],
  ['of several issuers', { claims: { iss: ['https://accounts.google.com'] } }],
  ['without an issuer', { claims: { iss: undefined } }],
  ['for another audience', { claims: { aud: 'another.apps.example' } }],
  ['for no audience', { claims: { aud: undefined } }],
  ['for an empty list of audiences', { claims: { aud: [] } }],
  [
    'for an audience that begins like the right one',
    { claims: { aud: 'loopback-client.apps.example.evil' } },
  ],
  ['asked for by another party', { claims: { azp: 'another.apps.example' } }],
  ['asked for by a party that is no text', { claims: { azp: 1 } }],
  [
    'for two audiences and no party',
    { claims: { aud: ['loopback-client.apps.example', 'another.apps.example'], azp: undefined } },
  ],
  ['that has expired', { claims: { exp: NOW } }],
  ['without an end', { claims: { exp: undefined } }],
  ['whose end is a text', { claims: { exp: String(NOW + 60) } }],
  ['of the future', { claims: { iat: NOW + 3_600 } }],
  ['without a subject', { claims: { sub: undefined } }],
  ['with an empty subject', { claims: { sub: '' } }],
  ['with a subject that is a number', { claims: { sub: 17 } }],
  ['signed by nobody', { algorithm: 'none' }],
  ['signed with the text of the public key', { algorithm: 'HS256' }],
  ['signed with another key under a known name', { withStrangeKey: true }],
  ['signed with another algorithm of the same key', { algorithm: 'RS384' }],
  ['signed with PSS and the same key', { algorithm: 'PS256' }],
  ['that names an unknown key', { kid: 'unknown' }],
  ['that names no key', { kid: null }],
];

describe('an ID token that an API client hands in', () => {
  it.each(FORGERIES)('OC-04 is refused: one %s', async (_title, forgery) => {
    const stage = await startSocialStage();
    const idToken = stage.google.idToken(undefined, forgery);
    expectRefusal(await stage.client().post(pathOf('google'), { id_token: idToken }), INCORRECT);
  });

  it.each([
    ['no JWT', 'made-up'],
    ['half of one', 'eyJhbGciOiJSUzI1NiJ9.e30'],
    ['five parts', 'a.b.c.d.e'],
    ['too long a text', `${'a'.repeat(9_000)}.e30.c2ln`],
  ])('OC-04 is refused: %s', async (_title, idToken) => {
    const stage = await startSocialStage();
    expectRefusal(await stage.client().post(pathOf('google'), { id_token: idToken }), INCORRECT);
    expect(stage.google.requests).toEqual([]);
  });

  it('OC-04 is accepted to the second before its end', async () => {
    const stage = await startSocialStage();
    const idToken = stage.google.idToken();
    stage.clock.advance(3_599);
    expectSignedIn(await stage.client().post(pathOf('google'), { id_token: idToken }), ADA);
    stage.clock.advance(1);
    expectRefusal(await stage.client().post(pathOf('google'), { id_token: idToken }), INCORRECT);
  });

  it('OC-04 may be for several audiences when it names this client as the party', async () => {
    const stage = await startSocialStage();
    const idToken = stage.google.idToken(undefined, {
      claims: { aud: [stage.google.clientId, 'another.apps.example'] },
    });
    expectSignedIn(await stage.client().post(pathOf('google'), { id_token: idToken }), ADA);
  });
});

describe('the ID token of a code', () => {
  it.each([
    ...FORGERIES,
    ['with another nonce', { claims: { nonce: 'another' } }],
    ['without the nonce', { claims: { nonce: undefined } }],
    ['with a nonce that is no text', { claims: { nonce: 1 } }],
  ] satisfies readonly (readonly [string, Forgery])[])(
    'OC-04 is refused: one %s',
    async (_title, forgery) => {
      const stage = await startSocialStage();
      const client = stage.client();
      stage.google.forgeIdTokens(forgery);
      const sent = await codeAndState(stage, 'google', client);
      expectRefusal(await client.post(pathOf('google'), sent), INCORRECT);
      expect(await stage.system.sessions.list('1')).toEqual([]);
    },
  );
});

describe('GoogleStrategy with a hosted domain', () => {
  const google = { hostedDomain: 'example.com' };

  it('asks for an account of the domain, and refuses every other one by the claim', async () => {
    const member = { id: '1', email: 'ada@example.com', hostedDomain: 'example.com' };
    const stage = await startSocialStage({ google, accounts: { google: [member] } });
    const client = stage.client();
    const begun = await client.get(pathOf('google', 'start/'));
    expect(new URL(begun.header('location') ?? '').searchParams.get('hd')).toBe('example.com');
    expectSignedIn(await client.post(pathOf('google'), { id_token: stage.google.idToken() }), ADA);
    for (const hd of [undefined, 'evil.example', 'example.com.evil.example', ['example.com']]) {
      const idToken = stage.google.idToken(undefined, { claims: { hd } });
      expectRefusal(await client.post(pathOf('google'), { id_token: idToken }), INCORRECT);
    }
  });
});

describe('GoogleStrategy without a client id', () => {
  it.each([[undefined], [''], [null], [[]]])('OC-04 is not built: %j', async (clientId) => {
    const stage = await startSocialStage();
    const build = () => new GoogleStrategy({ ...stage.googleOptions(3000), clientId: clientId as never });
    expect(build).toThrow(ConfigError);
    expect(build).toThrow(/^GoogleStrategy\.clientId /);
  });
});
