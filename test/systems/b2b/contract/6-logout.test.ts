import { describe, expect, it } from 'vitest';
import { send } from '../../../support/http-client.ts';
import {
  BAD_ADDRESS,
  BAD_REFRESH,
  BAD_TOKEN,
  BODY_TOO_LARGE,
  expectPair,
  expectRefusal,
  expectSuccess,
  NO_TOKEN,
  type PairData,
} from '../expectations.ts';
import { B2B_HOSTS } from '../hosts.ts';
import { expectAccess, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import { resigned, tampered } from '../tokens.ts';

stopStagesAfterEach();

const LOGGED_OUT = { message: 'Successfully logged out' };

/** What makes the token of a fresh login one that cannot log out. */
const TOKENS: Readonly<Record<string, (stage: Stage, pair: PairData) => string | Promise<string>>> = {
  invalid: (_stage, { access_token: token }) => tampered(token, { sub: '777', client_id: 777 }),
  'no JWT at all': () => 'opaque',
  expired(stage, { access_token: token }) {
    stage.clock.advance(3_600);
    return token;
  },
  async revoked(stage, { access_token: token }) {
    await stage.b2b.sessions.revokeAll('123456', { reason: 'a test' });
    return token;
  },
  'or a refresh token': (_stage, { refresh_token: token }) => token,
  'of a client that does not match its subject': (_stage, { access_token: token }) =>
    resigned(token, { client_id: 777 }),
};

describe.each(B2B_HOSTS)('POST /auth/logout on $name', (host) => {
  it('SE-15 valid access token: every access and refresh token of this client is revoked at once', async () => {
    const stage = await startStage(host);
    const [first, second] = [await stage.login(), await stage.login(stage.directory.grace)];
    const stranger = await stage.login(stage.directory.linus);
    expectSuccess(await stage.logout(first.access_token), LOGGED_OUT);
    for (const { access_token: access, refresh_token: refresh } of [first, second]) {
      await expectAccess(stage, access, 'dead');
      expectRefusal(await stage.refresh(refresh), BAD_REFRESH);
    }
    await expectAccess(stage, stranger.access_token, 'works');
    expectPair(await stage.refresh(stranger.refresh_token));
    await expectAccess(stage, (await stage.login()).access_token, 'works');
  });

  it('no body needed; any body up to 64 KiB is ignored', async () => {
    const stage = await startStage(host);
    const texts = ['{', 'null', '{"refresh_token":7}', 'x'.repeat(64 * 1024)];
    const types = ['text/plain', 'application/octet-stream', 'multipart/form-data'];
    for (const [index, body] of texts.entries()) {
      const { access_token: token } = await stage.login();
      const type = types[index % types.length] as string;
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': type };
      expectSuccess(await stage.post('/auth/logout', body, headers), LOGGED_OUT);
    }
  });

  it('a body above 64 KiB is 413, before anything else is looked at', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'text/plain' };
    expectRefusal(await stage.post('/auth/logout', 'x'.repeat(64 * 1024 + 1), headers), BODY_TOO_LARGE);
    expectRefusal(await stage.post('/auth/logout', { padding: 'x'.repeat(64 * 1024) }), BODY_TOO_LARGE);
    await expectAccess(stage, token, 'works');
  });

  it('header missing', async () => {
    const stage = await startStage(host);
    expectRefusal(await stage.logout(), NO_TOKEN);
    expectRefusal(await stage.post('/auth/logout/'), NO_TOKEN);
    const { access_token: token } = await stage.login();
    expectRefusal(await stage.post('/auth/logout', { access_token: token }), NO_TOKEN);
    expectRefusal(await stage.post(`/auth/logout?access_token=${token}`), NO_TOKEN);
  });

  it.each(Object.entries(TOKENS))('%s', async (_row, prepare) => {
    const stage = await startStage(host);
    const token = await prepare(stage, await stage.login());
    expectRefusal(await stage.logout(token), BAD_TOKEN);
    expectRefusal(
      await stage.post('/auth/logout/', undefined, { Authorization: `bearer ${token}` }),
      BAD_TOKEN,
    );
  });

  it.each([
    ['Basic YWRhOng='],
    ['Bearer'],
    ['Bearer '],
    ['Bearer one two'],
    ['Bearer one, Bearer two'],
    ['Token one'],
  ])('a header that is not Bearer <one token> is as none: %s', async (header) => {
    const stage = await startStage(host);
    expectRefusal(await stage.post('/auth/logout', undefined, { Authorization: header }), NO_TOKEN);
  });

  it('logout twice with the same token', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    expectSuccess(await stage.logout(token), LOGGED_OUT);
    expectRefusal(await stage.logout(token), BAD_TOKEN);
    expect(stage.sessionActions()).toEqual(['started', 'owner_revoked']);
  });

  it('IP not allowed', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    await stage.b2b.allowlists.add('client:123456', { network: '198.51.100.0/24' });
    expectRefusal(await stage.logout(token), BAD_ADDRESS);
    stage.address = '198.51.100.20';
    await expectAccess(stage, token, 'works');
    expectSuccess(await stage.logout(token), LOGGED_OUT);
  });

  it('two Authorization lines are no header that counts, and nothing is revoked', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    const lines = [`Bearer ${token}`, `Bearer ${token}`];
    const headers = { Authorization: lines };
    expectRefusal(await send(stage.port, { method: 'POST', path: '/auth/logout', headers }), NO_TOKEN);
    await expectAccess(stage, token, 'works');
  });
});
