import { describe, expect, it } from 'vitest';
import { send } from '../../../support/http-client.ts';
import { forge } from '../../../support/jwt-forge.ts';
import { BAD_ADDRESS, BAD_TOKEN, EXPIRED, expectRefusal, NO_TOKEN, type PairData } from '../expectations.ts';
import { B2B_HOSTS, PRODUCTS } from '../hosts.ts';
import { expectAccess, SECRET, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import { claimsOf, resigned, tampered } from '../tokens.ts';

stopStagesAfterEach();

/** Headers that are not `Bearer <one token>`, made of a token that would pass. */
const OTHER_HEADERS: Readonly<Record<string, (token: string) => string | string[]>> = {
  'another scheme': (token) => `Token ${token}`,
  'the token alone': (token) => token,
  'the scheme alone': () => 'Bearer',
  'a quoted token': (token) => `Bearer "${token}" x`,
  'two tokens': (token) => `Bearer ${token} ${token}`,
  'two joined by a comma': (token) => `Bearer ${token}, Bearer ${token}`,
  'two schemes joined by a comma': (token) => `Bearer ${token}, Basic YTpi`,
  'two header lines': (token) => [`Bearer ${token}`, `Bearer ${token}`],
  'a colon': (token) => `Bearer: ${token}`,
  'an empty header': () => '',
};

/** What makes the access token of a fresh login one that is refused. */
const TOKENS: Readonly<Record<string, (stage: Stage, pair: PairData) => string | Promise<string>>> = {
  bad: (_stage, { access_token: token }) => tampered(token, { client_id: 777, sub: '777' }),
  async revoked(stage, { access_token: token }) {
    await stage.b2b.sessions.revoke(String(claimsOf(token)['sid']), { reason: 'a test' });
    return token;
  },
  'refresh token': (_stage, { refresh_token: token }) => token,
  'two tokens joined by a comma alone': (_stage, { access_token: token }) => `${token},${token}`,
  'client inactive'(stage, { access_token: token }) {
    stage.directory.ada.active = false;
    return token;
  },
  'user deleted'(stage, { access_token: token }) {
    stage.directory.findUser = () => null;
    return token;
  },
  'user given another client'(stage, { access_token: token }) {
    stage.directory.ada.clientId = 777;
    return token;
  },
  'signed with another secret': (_stage, { access_token: token }) =>
    forge({ payload: claimsOf(token), key: `${SECRET}!`, algorithm: 'HS256' }),
  'issued in the future': (stage, { access_token: token }) =>
    resigned(token, { iat: stage.clock.seconds() + 3_600, exp: stage.clock.seconds() + 7_200 }),
  'without a session': (_stage, { access_token: token }) => resigned(token, { sid: undefined }),
  'without an id': (_stage, { access_token: token }) => resigned(token, { jti: undefined }),
  'without a version': (_stage, { access_token: token }) => resigned(token, { av: undefined }),
  'without an expiry': (_stage, { access_token: token }) => resigned(token, { exp: undefined }),
  'of no client': (_stage, { access_token: token }) => resigned(token, { client_id: undefined }),
  'with an issuer, which none of ours has': (_stage, { access_token: token }) =>
    resigned(token, { iss: 'elsewhere' }),
};

describe.each(B2B_HOSTS)('Protected resources on $name', (host) => {
  it('a valid access token passes, with the scheme in any case', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
      const headers = { Authorization: `${scheme} ${token}` };
      const answer = await send(stage.port, { path: '/api/v1/products', headers });
      expect([answer.status, answer.text]).toEqual([200, PRODUCTS]);
    }
  });

  it('no Authorization', async () => {
    const stage = await startStage(host);
    expectRefusal(await stage.products(), NO_TOKEN);
    expectRefusal(await send(stage.port, { path: '/api/v1/products/' }), NO_TOKEN);
  });

  it('BT-04 a token anywhere but in the header is none', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    for (const path of [
      `/api/v1/products?access_token=${token}`,
      `/api/v1/products?token=${token}`,
      `/api/v1/products?Authorization=Bearer%20${token}`,
    ]) {
      expectRefusal(await send(stage.port, { path }), NO_TOKEN);
    }
    const headers = {
      Cookie: `access_token=${token}`,
      'X-Access-Token': token,
      Authentication: `Bearer ${token}`,
    };
    expectRefusal(await send(stage.port, { path: '/api/v1/products', headers }), NO_TOKEN);
  });

  it.each(Object.entries(OTHER_HEADERS))('not Bearer <one token>: %s', async (_row, headerOf) => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    const headers = { Authorization: headerOf(token) };
    expectRefusal(await send(stage.port, { path: '/api/v1/products', headers }), NO_TOKEN);
  });

  it.each(Object.entries(TOKENS))('%s', async (_row, prepare) => {
    const stage = await startStage(host);
    const token = await prepare(stage, await stage.login());
    expectRefusal(await stage.products(token), BAD_TOKEN);
  });

  it('expired', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    stage.clock.advance(3_599);
    await expectAccess(stage, token, 'works');
    stage.clock.advance(1);
    expectRefusal(await stage.products(token), EXPIRED);
  });

  it('IP not allowed', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    await stage.b2b.allowlists.add('client:123456', { network: '198.51.100.0/24' });
    expectRefusal(await stage.products(token), BAD_ADDRESS);
  });

  it('SE-16 a client that is switched off is out within the age that an answer may have', async () => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    await expectAccess(stage, token, 'works');
    stage.directory.ada.active = false;
    stage.clock.advance(5);
    await expectAccess(stage, token, 'dead');
  });
});
