import { describe, expect, it } from 'vitest';
import { forge, raw, segment } from '../../support/jwt-forge.ts';
import {
  BAD_REFRESH,
  BAD_TOKEN,
  expectPair,
  expectRefusal,
  NO_TOKEN,
  REFRESH_FIELD,
} from './expectations.ts';
import { PLAIN_HOSTS } from './hosts.ts';
import { expectAccess, SECRET, startStage, stopStagesAfterEach } from './stage.ts';
import { claimsOf, resigned } from './tokens.ts';

stopStagesAfterEach();

/** The token with its parts changed. */
function parts(
  token: string,
  change: (header: string, payload: string, signature: string) => string,
): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return change(header, payload, signature);
}

const MISSES: Readonly<Record<string, (token: string) => string>> = {
  'one letter in another case': (token) =>
    token.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase()),
  'all in lower case': (token) => token.toLowerCase(),
  'padding at the end': (token) => `${token}=`,
  'a blank before it': (token) => ` ${token}`,
  'a blank after it': (token) => `${token} `,
  'a newline after it': (token) => `${token}\n`,
  'NUL after it': (token) => `${token}\0`,
  'a dot after it': (token) => `${token}.`,
  'one letter less': (token) => token.slice(0, -1),
  'one letter more': (token) => `${token}A`,
  'the last letter another': (token) => `${token.slice(0, -1)}${token.endsWith('A') ? 'E' : 'A'}`,
  'no signature': (token) => parts(token, (header, payload) => `${header}.${payload}.`),
  'the signature of nothing': (token) => parts(token, (header, payload) => `${header}.${payload}.AA`),
  'two parts': (token) => parts(token, (header, payload) => `${header}.${payload}`),
  'five parts': (token) => `${token}.a.b`,
  'the scheme with it': (token) => `Bearer ${token}`,
  'twice the same': (token) => `${token},${token}`,
  quoted: (token) => `"${token}"`,
  'url-encoded': (token) => token.replaceAll('.', '%2E'),
  'alg none': (token) =>
    parts(token, (_header, payload) => `${segment(raw('{"alg":"none","typ":"JWT"}'))}.${payload}.`),
  'alg none, with the signature': (token) =>
    parts(
      token,
      (_header, payload, signature) => `${segment({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`,
    ),
  'another algorithm': (token) => forge({ payload: claimsOf(token), key: SECRET, algorithm: 'HS512' }),
  'another header': (token) =>
    forge({
      header: { alg: 'HS256', typ: 'JWT', crit: [] },
      payload: claimsOf(token),
      key: SECRET,
      algorithm: 'HS256',
    }),
  'a key that it names itself': (token) =>
    forge({
      header: { alg: 'HS256', typ: 'JWT', kid: 'x' },
      payload: claimsOf(token),
      key: SECRET,
      algorithm: 'HS256',
    }),
  '60,000 characters': (token) => `${token}${'A'.repeat(60_000)}`,
};

describe.each(PLAIN_HOSTS)('SE-19 a near miss of a token on $name', (host) => {
  it.each(Object.entries(MISSES))(
    '%s: refused as a refresh token, and nothing is used up',
    async (_case, miss) => {
      const stage = await startStage(host);
      const { refresh_token: token } = await stage.login();
      expect(miss(token)).not.toBe(token);
      expectRefusal(await stage.refresh(miss(token)), BAD_REFRESH);
      expectPair(await stage.refresh(token));
    },
  );
});

/** What cannot be sent in a header line, or is no token there and so as none. */
const NOT_IN_HEADERS = new Set([
  'a blank before it',
  'a blank after it',
  'a newline after it',
  'NUL after it',
]);
const AS_NONE = new Set(['the scheme with it']);
const IN_HEADERS = Object.entries(MISSES).filter(
  ([name]) => !NOT_IN_HEADERS.has(name) && name !== '60,000 characters',
);

describe.each(PLAIN_HOSTS)('SE-19 a near miss of an access token on $name', (host) => {
  it.each(IN_HEADERS)('%s: refused', async (name, miss) => {
    const stage = await startStage(host);
    const { access_token: token } = await stage.login();
    expectRefusal(await stage.products(miss(token)), AS_NONE.has(name) ? NO_TOKEN : BAD_TOKEN);
    await expectAccess(stage, token, 'works');
  });
});

const SHAPES: readonly unknown[] = [
  {},
  { refresh_token: null },
  { refresh_token: '' },
  { refresh_token: 0 },
  { refresh_token: 1e308 },
  { refresh_token: true },
  { refresh_token: [] },
  { refresh_token: ['TOKEN'] },
  { refresh_token: [['TOKEN']] },
  { refresh_token: {} },
  { refresh_token: { toString: 'TOKEN' } },
  { refresh_token: { $ne: null } },
  { refresh_token: { length: 10, 0: 'e' } },
  { REFRESH_TOKEN: 'TOKEN' },
  { 'refresh_token[]': 'TOKEN' },
  { data: { refresh_token: 'TOKEN' } },
];

describe.each(PLAIN_HOSTS)('SE-18 a malformed refresh on $name', (host) => {
  it('is 400 in each of 16 shapes, with a live token in it or not', async () => {
    const stage = await startStage(host);
    const { refresh_token: token } = await stage.login();
    expect(SHAPES).toHaveLength(16);
    for (const shape of SHAPES) {
      const body = JSON.stringify(shape).replaceAll('TOKEN', token);
      expectRefusal(await stage.post('/auth/refresh', body), REFRESH_FIELD);
    }
    expectPair(await stage.refresh(token));
  });
});

/** Tokens of other kinds under the very secret: right in every way but that they are not these. */
const FOREIGN: Readonly<Record<string, (token: string) => string>> = {
  'of a JWT pair': (token) =>
    resigned(token, {
      sub: undefined,
      client_id: undefined,
      typ: undefined,
      token_type: 'access',
      user_id: '123456',
    }),
  'of a JWT pair, naming the client as well': (token) =>
    resigned(token, { typ: undefined, token_type: claimsOf(token)['typ'], user_id: '123456' }),
  'of an authorization server': (token) =>
    resigned(token, {
      typ: undefined,
      iss: 'https://issuer.example',
      aud: 'api',
      client_id: 'app',
      scope: 'read',
    }),
  'an ID token': (token) => resigned(token, { typ: 'ID', iss: 'https://issuer.example', aud: 'app' }),
  'with an audience': (token) => resigned(token, { aud: 'api' }),
  'of another typ': (token) => resigned(token, { typ: 'Access' }),
  'with a list for its kind': (token) => resigned(token, { typ: [claimsOf(token)['typ']] }),
  'whose header says at+jwt': (token) =>
    forge({
      header: { alg: 'HS256', typ: 'at+jwt' },
      payload: claimsOf(token),
      key: SECRET,
      algorithm: 'HS256',
    }),
  'an API key': () => 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01',
  'an opaque token': () => 'c04c7ff7-5fa1-48fb-aa2a-bcf97a6b8a79',
};

describe.each(PLAIN_HOSTS)('A token of another kind under the same secret on $name', (host) => {
  it.each(Object.entries(FOREIGN))('%s: refused everywhere', async (_kind, foreign) => {
    const stage = await startStage(host);
    const { access_token: access, refresh_token: refresh } = await stage.login();
    expectRefusal(await stage.products(foreign(access)), BAD_TOKEN);
    expectRefusal(await stage.logout(foreign(access)), BAD_TOKEN);
    expectRefusal(await stage.refresh(foreign(refresh)), BAD_REFRESH);
    await expectAccess(stage, access, 'works');
    expectPair(await stage.refresh(refresh));
  });
});
