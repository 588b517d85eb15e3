import { describe, expect, it } from 'vitest';
import { forge } from '../../../support/jwt-forge.ts';
import {
  BLACKLISTED,
  BLANK,
  expectAccess,
  expectPair,
  expectRefusal,
  EXPIRED,
  fields,
  INVALID,
  NO_ACCOUNT,
  NO_EXP,
  NO_ID,
  NO_STRING,
  NO_TYPE,
  NULL,
  refusedAccess,
  REQUIRED,
  WRONG_TYPE,
  type Pair,
  type Refusal,
} from '../expectations.ts';
import { HOSTS, PLAIN_HOSTS } from '../hosts.ts';
import { JWT, SECRET, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import { claimsOf, otherAlgorithm, resigned, sessionOf, tampered } from '../tokens.ts';

stopStagesAfterEach();

const BODIES: readonly (readonly [row: string, body: unknown, answer: Refusal])[] = [
  ['missing', {}, fields({ refresh: REQUIRED })],
  ['blank', { refresh: ' ' }, fields({ refresh: BLANK })],
  ['null', { refresh: null }, fields({ refresh: NULL })],
  ['wrong type: boolean', { refresh: false }, fields({ refresh: NO_STRING })],
  ['wrong type: array', { refresh: ['x'] }, fields({ refresh: NO_STRING })],
  ['wrong type: object', { refresh: {} }, fields({ refresh: NO_STRING })],
  ['a number is coerced and fails as invalid', { refresh: 7 }, INVALID],
  ['malformed', { refresh: 'x.y.z' }, INVALID],
  ['an API key', { refresh: 'AbCdEfGh.0123456789abcdefghijABCDEFGHIJ01' }, INVALID],
];

type Prepare = (stage: Stage, pair: Pair) => string | Promise<string>;

/** The rows of the contract by the token that is sent: the name, the token made of a fresh login, the answer. */
const TOKENS: readonly (readonly [row: string, prepare: Prepare, answer: Refusal])[] = [
  ['wrong signature', (_, { refresh }) => tampered(refresh, { user_id: '2' }), INVALID],
  [
    'wrong key',
    (_, { refresh }) => forge({ payload: claimsOf(refresh), key: `${SECRET}!`, algorithm: 'HS256' }),
    INVALID,
  ],
  ['wrong algorithm', (_, { refresh }) => otherAlgorithm(refresh), INVALID],
  [
    'expired',
    (stage, { refresh }) => {
      stage.clock.advance(86_400);
      return refresh;
    },
    EXPIRED,
  ],
  ['an access token sent', (_, { access }) => access, WRONG_TYPE],
  [
    'an expired access token sent',
    (stage, { access }) => resigned(access, { exp: stage.clock.seconds() }),
    EXPIRED,
  ],
  ['no `exp` claim', (_, { refresh }) => resigned(refresh, { exp: undefined }), NO_EXP],
  ['no `jti` claim', (_, { refresh }) => resigned(refresh, { jti: undefined }), NO_ID],
  ['no `token_type` claim', (_, { refresh }) => resigned(refresh, { token_type: undefined }), NO_TYPE],
  [
    'logged out',
    async (stage, { access, refresh }) => {
      await stage.logout(access);
      return refresh;
    },
    BLACKLISTED,
  ],
  [
    'user deactivated since',
    (stage, { refresh }) => {
      stage.directory.ada.active = false;
      return refresh;
    },
    NO_ACCOUNT,
  ],
  [
    'user deleted since',
    (stage, { refresh }) => {
      stage.directory.users.delete(stage.directory.ada);
      return refresh;
    },
    NO_ACCOUNT,
  ],
];

describe.each(HOSTS)('POST jwt/refresh on $name', (host) => {
  it('200: a new access token; the refresh token stays, since rotation is off by default', async () => {
    const stage = await startStage(host);
    const { access, refresh } = await stage.login();
    const second = expectAccess(await stage.refresh(refresh));
    expect(second).not.toBe(access);
    expect((await stage.me(second)).status).toBe(200);
    expect((await stage.me(access)).status).toBe(200);
    expectAccess(await stage.refresh(refresh));
  });

  it.each(BODIES)('%s', async (_row, body, expected) => {
    const stage = await startStage(host);
    expectRefusal(await stage.post(`${JWT}/refresh/`, body), expected);
  });
});

describe.each(PLAIN_HOSTS)('POST jwt/refresh, by token, on $name', (host) => {
  it.each(TOKENS)('%s', async (_row, prepare, expected) => {
    const stage = await startStage(host);
    const token = await prepare(stage, await stage.login());
    expectRefusal(await stage.refresh(token), expected);
  });

  it('takes the token as form and as multipart too', async () => {
    const stage = await startStage(host);
    const { refresh } = await stage.login();
    const form = `refresh=${refresh}`;
    expectAccess(
      await stage.post(`${JWT}/refresh/`, form, { 'Content-Type': 'application/x-www-form-urlencoded' }),
    );
    const multipart = `--b\r\nContent-Disposition: form-data; name="refresh"\r\n\r\n${refresh}\r\n--b--\r\n`;
    expectAccess(
      await stage.post(`${JWT}/refresh/`, multipart, { 'Content-Type': 'multipart/form-data; boundary=b' }),
    );
  });

  it('SE-04 rotate: both tokens are new, and the old one is blacklisted', async () => {
    const stage = await startStage(host, { rotate: true, reuseGraceSeconds: 0 });
    const first = await stage.login();
    const second = expectPair(await stage.refresh(first.refresh));
    expect(second.refresh).not.toBe(first.refresh);
    expect((await stage.me(second.access)).status).toBe(200);
    expectRefusal(await stage.refresh(first.refresh), BLACKLISTED);
  });

  it('SE-05 rotate: already rotated (reuse) revokes the whole session; the response is unchanged', async () => {
    const stage = await startStage(host, { rotate: true });
    const first = await stage.login();
    const other = await stage.login();
    const second = expectPair(await stage.refresh(first.refresh));
    stage.clock.advance(10);
    expectRefusal(await stage.refresh(first.refresh), BLACKLISTED);
    expectRefusal(await stage.refresh(second.refresh), BLACKLISTED);
    expectRefusal(await stage.me(second.access), refusedAccess('Token is blacklisted'));
    expectRefusal(await stage.me(first.access), refusedAccess('Token is blacklisted'));
    expectPair(await stage.refresh(other.refresh));
    const told = stage.events.filter(
      (event) => event.type === 'session' && event.action === 'reuse_detected',
    );
    expect(told).toHaveLength(1);
  });

  it('rotate: a repeat inside the window gets the same refresh token byte for byte', async () => {
    const stage = await startStage(host, { rotate: true });
    const first = await stage.login();
    const second = expectPair(await stage.refresh(first.refresh));
    stage.clock.advance(9);
    expect(expectPair(await stage.refresh(first.refresh)).refresh).toBe(second.refresh);
  });

  it('SE-07 rotate: of 25 at once all get one successor', async () => {
    const stage = await startStage(host, { rotate: true });
    const { refresh } = await stage.login();
    const answers = await Promise.all(Array.from({ length: 25 }, () => stage.refresh(refresh)));
    expect(new Set(answers.map((answer) => expectPair(answer).refresh)).size).toBe(1);
  });

  it('SE-17 nothing in the body widens what the session is', async () => {
    const stage = await startStage(host);
    const { refresh } = await stage.login();
    const more = { user_id: '5', ws: 'ws-2', token_type: 'refresh', exp: 9_999_999_999, scope: 'admin' };
    const token = expectAccess(await stage.post(`${JWT}/refresh/`, { refresh, ...more }));
    expect(claimsOf(token)).toMatchObject({ user_id: '1', ws: 'ws-1', token_type: 'access' });
  });
});

describe('legacyTokenMessages in refresh', () => {
  it.each([
    ['malformed', () => 'x.y.z', 'Token is invalid or expired'],
    [
      'expired',
      (stage: Stage, { refresh }: Pair) => resigned(refresh, { exp: stage.clock.seconds() }),
      'Token is invalid or expired',
    ],
    ['an access token', (_: Stage, { access }: Pair) => access, 'Token has wrong type'],
  ])('%s', async (_row, prepare, text) => {
    const stage = await startStage(undefined, { legacyTokenMessages: true });
    const token = prepare(stage, await stage.login());
    expectRefusal(await stage.refresh(token), {
      status: 401,
      body: `{"detail":"${text}","code":"token_not_valid"}`,
    });
  });
});

describe('rotation that is switched off later', () => {
  it('leaves only the latest refresh token alive', async () => {
    const rotating = await startStage(undefined, { rotate: true });
    const first = await rotating.login();
    const second = expectPair(await rotating.refresh(first.refresh));
    const { store, clock, directory } = rotating;
    const still = await startStage(undefined, { store, clock, directory });
    expectRefusal(await still.refresh(first.refresh), BLACKLISTED);
    expectAccess(await still.refresh(second.refresh));
    expect((await still.system.sessions.find(sessionOf(second.refresh)))?.generation).toBe(2);
  });
});

describe('near misses of a refresh token', () => {
  it('SE-19 are refused as invalid', async () => {
    const stage = await startStage();
    const { refresh } = await stage.login();
    const [header = '', payload = '', signature = ''] = refresh.split('.');
    const misses = [
      `${refresh}=`,
      `${refresh} x`,
      `${refresh}.`,
      `${refresh}\u0000`,
      `${header}.${payload}`,
      `${header}.${payload}.${signature.toUpperCase()}`,
      `${header}.${payload}.`,
      refresh.replace('.', ','),
      `Bearer ${refresh}`,
    ];
    for (const miss of misses) expectRefusal(await stage.refresh(miss), INVALID);
    expectAccess(await stage.refresh(refresh));
  });
});
