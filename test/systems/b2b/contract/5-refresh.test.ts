import { describe, expect, it } from 'vitest';
import {
  BAD_ADDRESS,
  BAD_REFRESH,
  expectPair,
  expectRefusal,
  INVALID_BODY,
  REFRESH_FIELD,
  type PairData,
  type Refusal,
} from '../expectations.ts';
import { B2B_HOSTS, NODE_HOST } from '../hosts.ts';
import { expectAccess, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';
import { resigned, tampered } from '../tokens.ts';

stopStagesAfterEach();

interface BodyRow {
  readonly expected: Refusal;
  readonly bodies: readonly unknown[];
  readonly contentTypes?: readonly string[];
}

const JSON_ONLY: readonly string[] = ['application/json'];
const WRONG_VALUES: readonly unknown[] = ['', 7, 1.5, true, false, null, [], ['x'], {}, { $gt: '' }];

const BODIES: Readonly<Record<string, BodyRow>> = {
  'invalid JSON': {
    expected: INVALID_BODY,
    bodies: ['{', '{"refresh_token":', 'refresh_token=x', 'eyJ.eyJ.x'],
  },
  'empty body': { expected: INVALID_BODY, bodies: ['', undefined] },
  'JSON but not an object': {
    expected: REFRESH_FIELD,
    bodies: ['[]', '["refresh_token"]', '"eyJ.eyJ.x"', '7', 'true', 'null'],
  },
  'missing, empty, wrong type': {
    expected: REFRESH_FIELD,
    bodies: [
      {},
      { refreshToken: 'x' },
      { access_token: 'x' },
      ...WRONG_VALUES.map((value) => ({ refresh_token: value })),
    ],
  },
  'content type other than JSON': {
    expected: INVALID_BODY,
    bodies: ['refresh_token=x', { refresh_token: 'x' }],
    contentTypes: ['application/x-www-form-urlencoded', 'text/plain'],
  },
};

/** What makes the refresh token of a fresh login one that is refused. */
const TOKENS: Readonly<Record<string, (stage: Stage, pair: PairData) => string | Promise<string>>> = {
  malformed: (_stage, { refresh_token: token }) => token.slice(0, -1),
  'bad signature': (_stage, { refresh_token: token }) => tampered(token, { gen: 1, sub: '777' }),
  expired(stage, { refresh_token: token }) {
    stage.clock.advance(7 * 86_400);
    return token;
  },
  async revoked(stage, { refresh_token: token }) {
    await stage.b2b.sessions.revokeAll('123456', { reason: 'a test' });
    return token;
  },
  async 'already used'(stage, { refresh_token: token }) {
    expectPair(await stage.refresh(token));
    stage.clock.advance(10);
    return token;
  },
  'an access token instead': (_stage, { access_token: token }) => token,
  'of a session that never was': (_stage, { refresh_token: token }) =>
    resigned(token, { sid: 'x'.repeat(22) }),
  'without a generation': (_stage, { refresh_token: token }) => resigned(token, { gen: undefined }),
  'of a generation that is none': (_stage, { refresh_token: token }) => resigned(token, { gen: 0 }),
  'client since deactivated'(stage, { refresh_token: token }) {
    stage.directory.ada.active = false;
    return token;
  },
  'user since deleted'(stage, { refresh_token: token }) {
    stage.directory.findUser = () => null;
    return token;
  },
  'user since given another client'(stage, { refresh_token: token }) {
    stage.directory.ada.clientId = 777;
    return token;
  },
};

describe.each(B2B_HOSTS)('POST /auth/refresh on $name', (host) => {
  it('200: same shape as login with a new access and a new refresh token; the old one is revoked', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    stage.clock.advance(3_300);
    const second = expectPair(await stage.refresh(first.refresh_token));
    expect(second).toEqual({
      access_token: expect.not.stringMatching(first.access_token),
      refresh_token: expect.not.stringMatching(first.refresh_token),
      access_expires_at: '2024-01-15T11:25:00Z',
      refresh_expires_at: '2024-01-22T10:25:00Z',
      client_id: 123_456,
    });
    stage.clock.advance(10);
    expectRefusal(await stage.refresh(first.refresh_token), BAD_REFRESH);
  });

  it('the previous access token stays valid to its own expiry', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    expectPair(await stage.refresh(first.refresh_token));
    stage.clock.advance(3_599);
    await expectAccess(stage, first.access_token, 'works');
  });

  it('no Authorization header is needed; if sent, it is ignored', async () => {
    const stage = await startStage(host);
    let { refresh_token: token } = await stage.login();
    for (const header of ['Bearer nonsense', 'Basic YTpi', 'Bearer a, Bearer b', ['Bearer a', 'Bearer b']]) {
      const answer = await stage.post('/auth/refresh', { refresh_token: token }, { Authorization: header });
      ({ refresh_token: token } = expectPair(answer));
    }
  });

  it.each(Object.entries(BODIES))('%s', async (_row, { bodies, contentTypes = JSON_ONLY, expected }) => {
    const stage = await startStage(host);
    for (const path of ['/auth/refresh', '/auth/refresh/']) {
      for (const type of contentTypes) {
        for (const body of bodies) {
          expectRefusal(await stage.post(path, body, { 'Content-Type': type }), expected);
        }
      }
    }
  });

  it.each(Object.entries(TOKENS))('%s', async (_row, prepare) => {
    const stage = await startStage(host);
    const token = await prepare(stage, await stage.login());
    expectRefusal(await stage.refresh(token), BAD_REFRESH);
    expectRefusal(await stage.post('/auth/refresh/', { refresh_token: token }), BAD_REFRESH);
  });

  it('IP not allowed; the token is not consumed', async () => {
    const stage = await startStage(host);
    const { refresh_token: token } = await stage.login();
    await stage.b2b.allowlists.add('client:123456', { network: '198.51.100.0/24' });
    expectRefusal(await stage.refresh(token), BAD_ADDRESS);
    expectRefusal(await stage.post('/auth/refresh/', { refresh_token: token }), BAD_ADDRESS);
    stage.clock.advance(60);
    stage.address = '198.51.100.20';
    expectPair(await stage.refresh(token));
    expect(stage.sessionActions()).toEqual(['started', 'refreshed']);
  });

  it('reuse of a rotated refresh token also revokes that session’s current tokens, silently', async () => {
    const stage = await startStage(host);
    const other = await stage.login();
    const first = await stage.login();
    const second = expectPair(await stage.refresh(first.refresh_token));
    stage.clock.advance(10);
    expectRefusal(await stage.refresh(first.refresh_token), BAD_REFRESH);
    expectRefusal(await stage.refresh(second.refresh_token), BAD_REFRESH);
    await expectAccess(stage, second.access_token, 'dead');
    await expectAccess(stage, first.access_token, 'dead');
    await expectAccess(stage, other.access_token, 'works');
    expectPair(await stage.refresh(other.refresh_token));
  });
});

describe('POST /auth/refresh', () => {
  it('a token is used up at the last moment of its life, and refused one second later', async () => {
    const stage = await startStage(NODE_HOST);
    const { refresh_token: early } = await stage.login();
    const { refresh_token: late } = await stage.login();
    stage.clock.advance(7 * 86_400 - 1);
    expectPair(await stage.refresh(early));
    stage.clock.advance(1);
    expectRefusal(await stage.refresh(late), BAD_REFRESH);
  });

  it('SE-11 SE-12 a session ends when it was idle for the refresh lifetime, and 30 days after its login', async () => {
    const stage = await startStage(NODE_HOST);
    let { refresh_token: token } = await stage.login();
    for (let day = 6; day <= 24; day += 6) {
      stage.clock.advance(6 * 86_400);
      ({ refresh_token: token } = expectPair(await stage.refresh(token)));
    }
    stage.clock.advance(6 * 86_400 - 1);
    const last = expectPair(await stage.refresh(token));
    expect(last.refresh_expires_at).toBe('2024-02-14T09:30:00Z');
    expect(last.access_expires_at).toBe('2024-02-14T09:30:00Z');
    stage.clock.advance(1);
    expectRefusal(await stage.refresh(last.refresh_token), BAD_REFRESH);
  });
});
