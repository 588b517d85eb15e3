import { describe, expect, it } from 'vitest';
import {
  BAD_ADDRESS,
  BAD_LOGIN,
  expectPair,
  expectRefusal,
  INVALID_BODY,
  LOGIN_FIELDS,
  TOO_MANY_LOGINS,
  tooMany,
  type Refusal,
} from '../expectations.ts';
import { B2B_HOSTS } from '../hosts.ts';
import {
  expectAccess,
  limiter,
  MONDAY_SECONDS,
  startStage,
  stopStagesAfterEach,
  type Stage,
} from '../stage.ts';

stopStagesAfterEach();

const NAME = 'ada';
const PASSWORD = 'correct horse battery staple';

interface Row {
  readonly expected: Refusal;
  /** Bodies of which each must be answered so: texts as they stand, anything else as JSON. */
  readonly bodies: readonly unknown[];
  readonly contentTypes?: readonly string[];
  readonly prepare?: (stage: Stage) => unknown;
}

const JSON_ONLY: readonly string[] = ['application/json'];
const WRONG_VALUES: readonly unknown[] = [
  7,
  1.5,
  true,
  false,
  null,
  [],
  ['ada'],
  {},
  { $ne: '' },
  { ada: 1 },
];

const TABLE: Readonly<Record<string, Row>> = {
  'invalid JSON, empty body': {
    expected: INVALID_BODY,
    bodies: [
      '',
      undefined,
      '{',
      '{"username":"ada","password":',
      "{'username':'ada'}",
      'username=ada&password=x',
      '{"username":"ada"}}',
    ],
  },
  'JSON but not an object': {
    expected: LOGIN_FIELDS,
    bodies: ['[]', '[{"username":"ada","password":"x"}]', '"ada"', '""', '0', '7', 'true', 'false', 'null'],
  },
  'field missing or empty': {
    expected: LOGIN_FIELDS,
    bodies: [
      {},
      { username: NAME },
      { password: PASSWORD },
      { username: '', password: PASSWORD },
      { username: NAME, password: '' },
      { username: '', password: '' },
      { Username: NAME, Password: PASSWORD },
      { 'username ': NAME, password: PASSWORD },
    ],
  },
  'AU-08 field of wrong type (number, null, array…)': {
    expected: LOGIN_FIELDS,
    bodies: WRONG_VALUES.flatMap((value) => [
      { username: value, password: PASSWORD },
      { username: NAME, password: value },
    ]),
  },
  'content type other than JSON (form etc.)': {
    expected: INVALID_BODY,
    bodies: [`username=${NAME}&password=x`, { username: NAME, password: PASSWORD }],
    contentTypes: [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'text/json',
      'application/xml',
      'application/jsonp',
      'application/json-patch+json',
      '*/*',
      'json',
      '__proto__',
    ],
  },
  'unknown user, wrong password': {
    expected: BAD_LOGIN,
    bodies: [
      { username: 'nobody', password: PASSWORD },
      { username: NAME, password: 'wrong' },
      { username: ' ada', password: PASSWORD },
      { username: NAME, password: `${PASSWORD} ` },
    ],
  },
  'client inactive': {
    expected: BAD_LOGIN,
    bodies: [{ username: NAME, password: PASSWORD }],
    prepare: ({ directory }) => (directory.ada.active = false),
  },
  'right credentials, IP not on the list': {
    expected: BAD_ADDRESS,
    bodies: [{ username: NAME, password: PASSWORD }],
    prepare: ({ b2b }) => b2b.allowlists.add('client:123456', { network: '198.51.100.0/24' }),
  },
};

describe.each(B2B_HOSTS)('POST /auth/login on $name', (host) => {
  it('200: the sample, issued at 09:30:00Z on the 15th', async () => {
    const stage = await startStage(host);
    const answer = await stage.post('/auth/login', { username: NAME, password: PASSWORD });
    const { access_token: access, refresh_token: refresh } = expectPair(answer);
    expect(answer.text).toBe(
      `{"success":true,"data":{"access_token":"${access}","refresh_token":"${refresh}",` +
        '"access_expires_at":"2024-01-15T10:30:00Z","refresh_expires_at":"2024-01-22T09:30:00Z","client_id":123456}}',
    );
    expect(access).toMatch(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/);
    expect(refresh).toMatch(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/);
  });

  it('several concurrent sessions per client are allowed; login does not revoke earlier ones', async () => {
    const stage = await startStage(host);
    const first = await stage.login();
    const second = await stage.login(stage.directory.grace);
    expect(second.client_id).toBe(first.client_id);
    await expectAccess(stage, first.access_token, 'works');
    await expectAccess(stage, second.access_token, 'works');
    expectPair(await stage.refresh(first.refresh_token));
    expectPair(await stage.refresh(second.refresh_token));
  });

  it.each(Object.entries(TABLE))(
    '%s',
    async (_row, { bodies, contentTypes = JSON_ONLY, prepare, expected }) => {
      // More failures than a limiter lets pass.
      const stage = await startStage(host, { loginLimiter: null });
      await prepare?.(stage);
      for (const path of ['/auth/login', '/auth/login/']) {
        for (const type of contentTypes) {
          for (const body of bodies) {
            expectRefusal(await stage.post(path, body, { 'Content-Type': type }), expected);
          }
        }
      }
      expect(stage.sessionActions()).toEqual([]);
    },
  );

  it.each([
    ['application/json; charset=utf-8'],
    ['Application/JSON'],
    ['application/json;charset="UTF-8"'],
    [undefined],
  ])('content type %s is JSON', async (type) => {
    const stage = await startStage(host);
    const body = Buffer.from(JSON.stringify({ username: NAME, password: PASSWORD }));
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    expectPair(await stage.postBytes('/auth/login', body, headers));
  });

  it('too many attempts', async () => {
    let wait: number | null = 60;
    const stage = await startStage(host, { loginLimiter: limiter(() => wait) });
    const expected = tooMany(TOO_MANY_LOGINS, { retryAfter: '60' });
    for (const path of ['/auth/login', '/auth/login/']) {
      expectRefusal(await stage.post(path, { username: NAME, password: PASSWORD }), expected);
    }
    wait = null;
    await stage.login();
  });
});

describe('POST /auth/login: timestamps', () => {
  it.each([
    ['whole seconds, rounded down', MONDAY_SECONDS + 0.999, '2024-01-15T10:30:00Z', '2024-01-22T09:30:00Z'],
    ['the end of a leap year', 1_735_689_599, '2025-01-01T00:59:59Z', '2025-01-07T23:59:59Z'],
    ['a leap day', 1_709_164_800, '2024-02-29T01:00:00Z', '2024-03-07T00:00:00Z'],
  ])('RFC 3339, UTC, suffix Z: %s', async (_case, now, access, refresh) => {
    const stage = await startStage();
    stage.clock.advance(now - MONDAY_SECONDS);
    expect(await stage.login()).toMatchObject({ access_expires_at: access, refresh_expires_at: refresh });
  });

  it('access_expires_at and refresh_expires_at follow the configured lifetimes', async () => {
    const stage = await startStage(undefined, { accessSeconds: 60, refreshSeconds: 120 });
    expect(await stage.login()).toMatchObject({
      access_expires_at: '2024-01-15T09:31:00Z',
      refresh_expires_at: '2024-01-15T09:32:00Z',
    });
  });

  it('neither token outlives the session’s absolute end', async () => {
    const stage = await startStage(undefined, { absoluteSeconds: 90, accessSeconds: 60, refreshSeconds: 80 });
    const { refresh_token: token } = await stage.login();
    stage.clock.advance(50);
    expect(expectPair(await stage.refresh(token))).toMatchObject({
      access_expires_at: '2024-01-15T09:31:30Z',
      refresh_expires_at: '2024-01-15T09:31:30Z',
    });
  });
});
