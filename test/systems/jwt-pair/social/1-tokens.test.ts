import { describe, expect, it } from 'vitest';
import {
  DISABLED,
  EMAIL_TAKEN,
  expectParseError,
  expectRefusal,
  expectSignedIn,
  fields,
  INCORRECT,
  INCORRECT_INPUT,
  NO_DATA,
  NO_STRING,
  noDictionary,
  NOT_FOUND,
  notAllowed,
  NULL,
  TOO_LARGE,
  unsupported,
} from '../expectations.ts';
import { PLAIN_HOSTS } from '../hosts.ts';
import { ADA, pathOf, PROVIDERS, startSocialStage, stopSocialStagesAfterEach } from './stage.ts';

stopSocialStagesAfterEach();

describe.each(PLAIN_HOSTS)('POST /api/v1/auth/{provider}/ on $name', (host) => {
  it.each(PROVIDERS)('signs in by an access token of %s', async (provider) => {
    const stage = await startSocialStage({ host });
    const token = stage[provider].accessToken();
    const answer = await stage.client().post(pathOf(provider), { access_token: token });
    const { access } = expectSignedIn(answer, ADA);
    const me = await stage.client().get('/api/v1/me/', { headers: { Authorization: `Bearer ${access}` } });
    expect(me.status).toBe(200);
    expect(stage[provider].requests.filter(({ query }) => query.toString().includes(token))).toEqual([]);
  });

  it('signs in by an ID token of Google', async () => {
    const stage = await startSocialStage({ host });
    expectSignedIn(await stage.client().post(pathOf('google'), { id_token: stage.google.idToken() }), ADA);
  });

  it('answers paths with and without a slash at the end, and in no other way', async () => {
    const stage = await startSocialStage({ host });
    const client = stage.client();
    const body = { access_token: stage.google.accessToken() };
    expectSignedIn(await client.post('/api/v1/auth/google', body), ADA);
    expectRefusal(
      await client.get(pathOf('google'), { method: 'DELETE' }),
      notAllowed('DELETE', 'POST, GET'),
    );
    expectRefusal(await client.post(pathOf('google', 'start/'), {}), notAllowed('POST', 'GET'));
    expectRefusal(await client.post(pathOf('google', 'callback/'), {}), notAllowed('POST', 'GET'));
    expectRefusal(await client.post('/api/v1/auth/example/', body), NOT_FOUND);
    expectRefusal(await client.get('/api/v1/auth/'), NOT_FOUND);
  });

  it('answers for a provider that is not for login as if there were none', async () => {
    const stage = await startSocialStage({ host, facebook: { login: false } });
    const client = stage.client();
    const body = { access_token: stage.facebook.accessToken() };
    expectRefusal(await client.post(pathOf('facebook'), body), NOT_FOUND);
    expectRefusal(await client.get(pathOf('facebook')), NOT_FOUND);
    expectRefusal(await client.get(pathOf('facebook', 'start/')), NOT_FOUND);
    expectRefusal(await client.get(pathOf('facebook', 'callback/?code=a&state=b')), NOT_FOUND);
    expectRefusal(await client.get(pathOf('facebook'), { method: 'DELETE' }), NOT_FOUND);
    expect(stage.facebook.requests).toEqual([]);
  });
});

describe('the body of POST /api/v1/auth/{provider}/', () => {
  it.each([
    ['nothing', {}],
    ['an empty body', ''],
    ['blank texts', { access_token: '', code: ' ', id_token: '\t' }],
    ['a state alone', { state: 'a' }],
    ['other fields', { token: 'a' }],
  ])('must have one of the three: %s', async (_title, body) => {
    const stage = await startSocialStage();
    expectRefusal(await stage.client().post(pathOf('google'), body), INCORRECT_INPUT);
  });

  it('must have more than an ID token for Facebook', async () => {
    const stage = await startSocialStage();
    const answer = await stage.client().post(pathOf('facebook'), { id_token: stage.google.idToken() });
    expectRefusal(answer, INCORRECT_INPUT);
  });

  it.each(['access_token', 'code', 'id_token', 'state'])('must have a text in %s', async (field) => {
    const stage = await startSocialStage();
    const client = stage.client();
    for (const value of [true, [], {}, ['a']]) {
      expectRefusal(await client.post(pathOf('google'), { [field]: value }), fields({ [field]: NO_STRING }));
    }
    expectRefusal(await client.post(pathOf('google'), { [field]: null }), fields({ [field]: NULL }));
  });

  it('names every field that is wrong', async () => {
    const stage = await startSocialStage();
    const answer = await stage
      .client()
      .post(pathOf('google'), { access_token: [], code: null, state: false });
    expectRefusal(answer, fields({ access_token: NO_STRING, code: NULL, state: NO_STRING }));
  });

  it('takes a number for its text, as everywhere', async () => {
    const stage = await startSocialStage();
    expectRefusal(await stage.client().post(pathOf('google'), { access_token: 17 }), INCORRECT);
  });

  it('is refused when it is no object, no JSON, no known type, or too large', async () => {
    const stage = await startSocialStage();
    const client = stage.client();
    const path = pathOf('google');
    expectRefusal(await client.post(path, '[]'), noDictionary('list'));
    expectRefusal(await client.post(path, '"a"'), noDictionary('str'));
    expectRefusal(await client.post(path, 'null'), NO_DATA);
    expectParseError(await client.post(path, '{"access_token":'));
    expectRefusal(await client.post(path, 'a', { 'Content-Type': 'text/plain' }), unsupported('text/plain'));
    expectRefusal(await client.post(path, { access_token: 'a'.repeat(65_536) }), TOO_LARGE);
  });

  it('may be a form', async () => {
    const stage = await startSocialStage();
    const body = new URLSearchParams({ access_token: stage.google.accessToken() }).toString();
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expectSignedIn(await stage.client().post(pathOf('google'), body, headers), ADA);
  });

  it('counts an access token before a code and an ID token', async () => {
    const stage = await startSocialStage();
    const body = { access_token: 'made up', code: 'a code', id_token: stage.google.idToken() };
    expectRefusal(await stage.client().post(pathOf('google'), body), INCORRECT);
    expect(stage.google.requests.map(({ path }) => path)).toEqual(['/tokeninfo']);
  });
});

describe('a token of a provider', () => {
  it.each(PROVIDERS)(
    'OC-04 OC-07 is refused by %s when it was made for another application',
    async (provider) => {
      const stage = await startSocialStage();
      const other = provider === 'google' ? { audience: 'another.apps.example' } : { appId: '999' };
      const token = stage[provider].accessToken(undefined, other);
      expectRefusal(await stage.client().post(pathOf(provider), { access_token: token }), INCORRECT);
    },
  );

  it.each(PROVIDERS)('is refused by %s when it is unknown or has expired', async (provider) => {
    const stage = await startSocialStage();
    const token = stage[provider].accessToken();
    stage.clock.advance(3_600);
    expectRefusal(await stage.client().post(pathOf(provider), { access_token: token }), INCORRECT);
    expectRefusal(await stage.client().post(pathOf(provider), { access_token: 'made-up' }), INCORRECT);
  });

  it('OC-04 of another part of the application is accepted once its client is named', async () => {
    const stage = await startSocialStage({ google: { otherClientIds: ['android.apps.example'] } });
    const token = stage.google.accessToken(undefined, { audience: 'android.apps.example' });
    expectSignedIn(await stage.client().post(pathOf('google'), { access_token: token }), ADA);
    const idToken = stage.google.idToken(undefined, { claims: { azp: 'android.apps.example' } });
    expectSignedIn(await stage.client().post(pathOf('google'), { id_token: idToken }), ADA);
  });

  it('OC-07 of Facebook is asked about with the proof of the secret, and with no token in an address', async () => {
    const stage = await startSocialStage();
    const token = stage.facebook.accessToken();
    expectSignedIn(await stage.client().post(pathOf('facebook'), { access_token: token }), ADA);
    const [debug, me] = stage.facebook.requests;
    expect([debug?.path, debug?.form.get('input_token'), debug?.query.toString()]).toEqual([
      '/v24.0/debug_token',
      token,
      '',
    ]);
    expect(me?.path).toBe('/v24.0/me');
    expect(me?.query.get('appsecret_proof')).toMatch(/^[0-9a-f]{64}$/);
    expect(me?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it.each([
    [
      'is of no user',
      { is_valid: true, app_id: '1234567890123456', type: 'APP', user_id: '10158552345678901' },
    ],
    ['is not valid', { is_valid: 'true', app_id: '1234567890123456', user_id: '10158552345678901' }],
    ['names no application', { is_valid: true, user_id: '10158552345678901' }],
    ['is of somebody else', { is_valid: true, app_id: '1234567890123456', user_id: '999' }],
    ['names nobody', { is_valid: true, app_id: '1234567890123456' }],
    [
      'has expired',
      { is_valid: true, app_id: '1234567890123456', user_id: '10158552345678901', expires_at: 1_767_225_600 },
    ],
  ])('OC-07 of Facebook is refused when the answer says that it %s', async (_title, data) => {
    const stage = await startSocialStage();
    stage.facebook.break('/v24.0/debug_token', { status: 200, body: { data } });
    const body = { access_token: stage.facebook.accessToken() };
    expectRefusal(await stage.client().post(pathOf('facebook'), body), INCORRECT);
  });

  it('is refused when userinfo is about somebody else than tokeninfo', async () => {
    const stage = await startSocialStage();
    stage.google.break('/v1/userinfo', { status: 200, body: { sub: '42', email: 'ada@example.com' } });
    const body = { access_token: stage.google.accessToken() };
    expectRefusal(await stage.client().post(pathOf('google'), body), INCORRECT);
  });
});

describe('the user of an identity', () => {
  it.each(PROVIDERS)('who is switched off is refused with %s', async (provider) => {
    const stage = await startSocialStage();
    stage.ada.active = false;
    const body = { access_token: stage[provider].accessToken() };
    expectRefusal(await stage.client().post(pathOf(provider), body), DISABLED);
  });

  it('OC-05 is the one with issuer and subject, whatever e-mail address either has', async () => {
    const accounts = [
      { id: '1', email: 'ada@example.com' },
      { id: '2', email: 'ada@example.com' },
    ];
    const stage = await startSocialStage({ accounts: { google: accounts } });
    const [first, second] = accounts.map((account) => stage.google.accessToken(account));
    const client = stage.client();
    expectSignedIn(await client.post(pathOf('google'), { access_token: first }), ADA);
    expectRefusal(await client.post(pathOf('google'), { access_token: second }), EMAIL_TAKEN);
    stage.ada.email = 'ada@another.example';
    expectSignedIn(await client.post(pathOf('google'), { access_token: first }), {
      ...ADA,
      email: 'ada@another.example',
    });
  });

  it('OC-05 of one provider is nobody at another with the same subject', async () => {
    const stage = await startSocialStage({
      accounts: { facebook: [{ id: '110169484474386276334' }] },
      linked: false,
    });
    stage.link('google', stage.ada);
    const body = { access_token: stage.facebook.accessToken() };
    expectRefusal(await stage.client().post(pathOf('facebook'), body), INCORRECT);
  });
});
