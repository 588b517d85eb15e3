import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../../src/core/errors.ts';
import { forge } from '../../../support/jwt-forge.ts';
import {
  expectRefusal,
  FORBIDDEN,
  NO_IDENTIFICATION,
  NOT_PROVIDED,
  refusedAccess,
  TWO_VALUES,
  USER_GONE,
  USER_INACTIVE,
  type Pair,
  type Refusal,
} from '../expectations.ts';
import { PLAIN_HOSTS } from '../hosts.ts';
import { SECRET, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import { claimsOf, otherAlgorithm, resigned, sessionOf, tampered, unsigned } from '../tokens.ts';

stopStagesAfterEach();

const INVALID = refusedAccess('Token is invalid');
const EXPIRED = refusedAccess('Token is expired');
const WRONG_TYPE = refusedAccess('Token has wrong type');

/** By the whole header, made of a token that would pass; `undefined` for none. */
const HEADERS: readonly (readonly [
  row: string,
  headerOf: (token: string) => string | string[] | undefined,
  answer: Refusal,
])[] = [
  ['no header', () => undefined, NOT_PROVIDED],
  ['empty header', () => '', NOT_PROVIDED],
  ['other scheme', (token) => `Token ${token}`, NOT_PROVIDED],
  ['other scheme: JWT', (token) => `JWT ${token}`, NOT_PROVIDED],
  ['the token alone', (token) => token, NOT_PROVIDED],
  ['`bearer …` in lower case', (token) => `bearer ${token}`, NOT_PROVIDED],
  ['`BEARER …` in upper case', (token) => `BEARER ${token}`, NOT_PROVIDED],
  ['a comma after the scheme', (token) => `Bearer, ${token}`, NOT_PROVIDED],
  ['`Bearer` alone', () => 'Bearer', TWO_VALUES],
  ['`Bearer` with more than one following word', (token) => `Bearer ${token} ${token}`, TWO_VALUES],
  ['C13 comma-joined: two of Bearer', (token) => `Bearer ${token}, Bearer ${token}`, TWO_VALUES],
  [
    'C13 comma-joined without a blank: two of Bearer',
    (token) => `Bearer ${token},Bearer ${token}`,
    TWO_VALUES,
  ],
  ['C13 comma-joined: Bearer and Api-Key', (token) => `Bearer ${token}, Api-Key x.y`, TWO_VALUES],
  ['C13 comma-joined: Api-Key and Bearer', (token) => `Api-Key x.y, Bearer ${token}`, NOT_PROVIDED],
  ['C13 two headers', (token) => [`Bearer ${token}`, `Bearer ${token}`], INVALID],
  ['C13 two headers of two schemes', (token) => [`Bearer ${token}`, 'Api-Key x.y'], INVALID],
  ['C13 two headers, one of them empty', (token) => ['', `Bearer ${token}`], INVALID],
  ['malformed: two tokens joined by a comma alone', (token) => `Bearer ${token},${token}`, INVALID],
  ['malformed: a comma at the end', (token) => `Bearer ${token},`, INVALID],
  ['malformed: one part', () => 'Bearer x', INVALID],
  ['malformed: two parts', (token) => `Bearer ${token.slice(0, token.lastIndexOf('.'))}`, INVALID],
  ['malformed: an API key', () => 'Bearer AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01', INVALID],
];

type Prepare = (stage: Stage, pair: Pair) => string | Promise<string>;

const TOKENS: readonly (readonly [row: string, prepare: Prepare, answer: Refusal])[] = [
  ['bad signature', (_, { access }) => tampered(access, { user_id: '2' }), INVALID],
  [
    'wrong key',
    (_, { access }) => forge({ payload: claimsOf(access), key: `${SECRET}!`, algorithm: 'HS256' }),
    INVALID,
  ],
  ['wrong algorithm', (_, { access }) => otherAlgorithm(access), INVALID],
  ['no signature', (_, { access }) => unsigned(access), INVALID],
  [
    'expired',
    (stage, { access }) => {
      stage.clock.advance(300);
      return access;
    },
    EXPIRED,
  ],
  ['refresh token used as access', (_, { refresh }) => refresh, WRONG_TYPE],
  [
    'expired refresh token used as access',
    (stage, { refresh }) => resigned(refresh, { exp: stage.clock.seconds() }),
    EXPIRED,
  ],
  ['no `user_id` claim', (_, { access }) => resigned(access, { user_id: undefined }), NO_IDENTIFICATION],
  [
    'user deleted',
    (stage, { access }) => {
      stage.directory.users.delete(stage.directory.ada);
      return access;
    },
    USER_GONE,
  ],
  [
    'user deactivated',
    (stage, { access }) => {
      stage.directory.ada.active = false;
      return access;
    },
    USER_INACTIVE,
  ],
  [
    'no `exp` claim',
    (_, { access }) => resigned(access, { exp: undefined }),
    refusedAccess("Token has no 'exp' claim"),
  ],
  [
    'no `jti` claim',
    (_, { access }) => resigned(access, { jti: undefined }),
    refusedAccess('Token has no id'),
  ],
  [
    'no `token_type` claim',
    (_, { access }) => resigned(access, { token_type: undefined }),
    refusedAccess('Token has no type'),
  ],
  ['no session', (_, { access }) => resigned(access, { sid: undefined }), INVALID],
  ['no generation', (_, { access }) => resigned(access, { gen: undefined }), INVALID],
  ['no auth version', (_, { access }) => resigned(access, { av: undefined }), INVALID],
  ['a misshapen actor', (_, { access }) => resigned(access, { act: 'admin' }), INVALID],
  ['an actor without a session', (_, { access }) => resigned(access, { act: { sub: '5' } }), INVALID],
  ['no actor, written as null', (_, { access }) => resigned(access, { act: null }), INVALID],
  [
    'session revoked',
    async (stage, { access }) => {
      await stage.system.sessions.revoke(sessionOf(access), { reason: 'a test' });
      return access;
    },
    refusedAccess('Token is blacklisted'),
  ],
];

describe.each(PLAIN_HOSTS)('Protected resources, Bearer, on $name', (host) => {
  it('a valid access token passes, as its user in its workspace', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    for (const header of [`Bearer ${access}`, `Bearer  ${access}`, `Bearer\t${access}`]) {
      const answer = await stage.get(header);
      expect([answer.status, answer.json()]).toEqual([200, { kind: 'user', id: '1', workspace: 'ws-1' }]);
    }
  });

  it.each(HEADERS)('%s', async (_row, headerOf, expected) => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    expectRefusal(await stage.get(headerOf(access)), expected);
  });

  it.each(TOKENS)('%s', async (_row, prepare, expected) => {
    const stage = await startStage(host);
    const token = await prepare(stage, await stage.login());
    expectRefusal(await stage.get(`Bearer ${token}`), expected);
  });

  it('authenticated, not permitted', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    expectRefusal(await stage.get(`Bearer ${access}`, '/api/v1/reports/'), FORBIDDEN);
  });

  it('SE-16 user deactivated or deleted while the answer about them is in memory: out within five seconds', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    expect((await stage.me(access)).status).toBe(200);
    stage.directory.ada.active = false;
    stage.clock.advance(5);
    expectRefusal(await stage.me(access), USER_INACTIVE);
  });

  it('an outage of the directory or of the store is 503 or 500, and never a 401', async () => {
    const stage = await startStage(host);
    const { access } = await stage.login();
    stage.directory.findUser = () => {
      throw new StoreError('the directory is down');
    };
    expectRefusal(await stage.me(access), {
      status: 503,
      body: '{"detail":"Service temporarily unavailable, try again later."}',
      retryAfter: '1',
    });
    stage.directory.findUser = () => {
      throw new TypeError('a fault of the host');
    };
    expectRefusal(await stage.me(access), { status: 500, body: '{"detail":"A server error occurred."}' });
  });

  it('legacyTokenMessages: one text in the messages list for both kinds of bad tokens', async () => {
    const stage = await startStage(host, { legacyTokenMessages: true });
    const { access, refresh } = await stage.login();
    const legacy = refusedAccess('Token is invalid or expired');
    expectRefusal(await stage.me('x.y.z'), legacy);
    expectRefusal(await stage.me(resigned(access, { exp: stage.clock.seconds() })), legacy);
    expectRefusal(await stage.me(refresh), WRONG_TYPE);
  });
});
