import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../support/http-client.ts';
import { forge } from '../../support/jwt-forge.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { askSimpleJwt, hasSimpleJwt, type PeerAnswer, type PeerRequest } from '../../peers/simplejwt.ts';
import { expectDone, expectRefusal, INVALID, refusedAccess } from './expectations.ts';
import { JWT, SECRET, startStage, stopStagesAfterEach, type Stage } from './stage.ts';
import { claimsOf, otherAlgorithm, resigned, tampered, unsigned } from './tokens.ts';

stopStagesAfterEach();

const EMAIL = 'ada@example.com';
const PASSWORD = 'a password of ada@example.com';

/** A host whose clock says what the peer's says, with the texts of the peer's release. */
function startTwin(): Promise<Stage> {
  const clock = movableClock(Math.floor(Date.now() / 1000));
  return startStage(undefined, { clock, legacyTokenMessages: true, compat: 'drf' });
}

/** Bodies of a login that the contract has a row for. */
const LOGINS: readonly (readonly [row: string, body: string, type?: string])[] = [
  ['wrong password', `{"email":"${EMAIL}","password":"wrong"}`],
  ['unknown e-mail', '{"email":"nobody@example.com","password":"x"}'],
  ['both fields missing', '{}'],
  ['one field missing', `{"email":"${EMAIL}"}`],
  ['field ""', `{"email":"","password":"x"}`],
  ['field only whitespace', '{"email":" \\t","password":"  "}'],
  ['field null', `{"email":"${EMAIL}","password":null}`],
  ['field boolean', '{"email":true,"password":false}'],
  ['field array', '{"email":["x"],"password":[]}'],
  ['field object', '{"email":{"$ne":""},"password":{}}'],
  ['field a number', '{"email":7,"password":1.5}'],
  ['malformed e-mail', '{"email":"no address","password":"x"}'],
  ['a list', '[]'],
  ['a string', '"x"'],
  ['an int', '7'],
  ['a float', '7.5'],
  ['a bool', 'true'],
  ['null', 'null'],
  ['empty', ''],
  ['empty form', '', 'application/x-www-form-urlencoded'],
  ['form', 'email=ada&password=', 'application/x-www-form-urlencoded'],
  ['a repeated field of a form', 'email=&email=x&password=x', 'application/x-www-form-urlencoded'],
  ['text/plain', 'x', 'text/plain'],
  ['application/xml', '<x/>', 'application/xml'],
];

/** Authorization headers, made of an access token of ours that passes. */
const HEADERS: readonly (readonly [row: string, headerOf: (token: string) => string | undefined])[] = [
  ['none', () => undefined],
  ['empty', () => ''],
  ['another scheme', (token) => `Token ${token}`],
  ['bearer in lower case', (token) => `bearer ${token}`],
  ['Bearer alone', () => 'Bearer'],
  ['two words', (token) => `Bearer ${token} x`],
  ['joined by a comma and a blank', (token) => `Bearer ${token}, Bearer ${token}`],
  ['joined by a comma', (token) => `Bearer ${token},${token}`],
  ['malformed', () => 'Bearer x'],
  ['tampered', (token) => `Bearer ${tampered(token, { user_id: '2' })}`],
  ['another algorithm', (token) => `Bearer ${otherAlgorithm(token)}`],
  ['expired', (token) => `Bearer ${resigned(token, { exp: 1 })}`],
  ['another kind', (token) => `Bearer ${resigned(token, { token_type: 'refresh' })}`],
  ['another kind, expired', (token) => `Bearer ${resigned(token, { token_type: 'refresh', exp: 1 })}`],
  ['no kind', (token) => `Bearer ${resigned(token, { token_type: undefined })}`],
  ['no id', (token) => `Bearer ${resigned(token, { jti: undefined })}`],
  ['no expiry', (token) => `Bearer ${resigned(token, { exp: undefined })}`],
  ['no user', (token) => `Bearer ${resigned(token, { user_id: undefined })}`],
];

/** Tokens to be exchanged or looked at, made of a pair of ours. */
const TOKENS: readonly (readonly [
  row: string,
  tokenOf: (pair: { access: string; refresh: string }) => string,
])[] = [
  ['malformed', () => 'x.y.z'],
  ['tampered', ({ refresh }) => tampered(refresh, { user_id: '2' })],
  [
    'another key',
    ({ refresh }) => forge({ payload: claimsOf(refresh), key: `${SECRET}!`, algorithm: 'HS256' }),
  ],
  ['another algorithm', ({ refresh }) => otherAlgorithm(refresh)],
  ['without signature', ({ refresh }) => unsigned(refresh)],
  ['expired', ({ refresh }) => resigned(refresh, { exp: 1 })],
  ['no id', ({ refresh }) => resigned(refresh, { jti: undefined })],
];

describe.skipIf(!hasSimpleJwt())('beside Django REST framework with simple JWT', () => {
  it('its own verification accepts our tokens, each as what it is, and refuses what was tampered with', async () => {
    const stage = await startTwin();
    const pair = await stage.login();
    const bad = Object.values(pair).flatMap((token) => [
      tampered(token, { user_id: '2' }),
      unsigned(token),
      otherAlgorithm(token),
      `${token.slice(0, -2)}AA`,
      resigned(token, { exp: stage.clock.seconds() - 1 }),
    ]);
    const { verdicts } = askSimpleJwt({ secret: SECRET, tokens: [pair.access, pair.refresh, ...bad] });
    const [access, refresh, ...refused] = verdicts;
    const wrongType = { refusal: 'Token has wrong type' };
    const read = (token: string) => ({ claims: claimsOf(token) });
    expect(access).toEqual({ access: read(pair.access), refresh: wrongType, untyped: read(pair.access) });
    expect(refresh).toEqual({ access: wrongType, refresh: read(pair.refresh), untyped: read(pair.refresh) });
    const invalid = { refusal: 'Token is invalid or expired' };
    for (const verdict of refused)
      expect(verdict).toEqual({ access: invalid, refresh: invalid, untyped: invalid });
    expect(refused).toHaveLength(10);
  });

  it('our verify accepts its tokens and refuses them tampered with; nothing else takes them for ours', async () => {
    const { issued } = askSimpleJwt({ secret: SECRET });
    const clock = movableClock(Math.floor(Date.now() / 1000));
    const stage = await startStage(undefined, { clock });
    for (const token of Object.values(issued)) {
      expectDone(await stage.verify(token), '{}');
      for (const bad of [tampered(token, { user_id: '2' }), unsigned(token), otherAlgorithm(token)]) {
        expectRefusal(await stage.verify(bad), INVALID);
      }
    }
    expectRefusal(await stage.me(issued.access), refusedAccess('Token is invalid'));
    expectRefusal(await stage.refresh(issued.refresh), INVALID);
  });

  it('both answer a login in the same words', async () => {
    const stage = await startTwin();
    const users = { [EMAIL]: { id: '1', password: PASSWORD } };
    const good = JSON.stringify({ email: ` ${EMAIL}`, password: `${PASSWORD} ` });
    const rows = [['right', good] as const, ...LOGINS];
    const requests = rows.map(([, body, type]): PeerRequest => ({ view: 'create', body, type }));
    const { answers } = askSimpleJwt({ secret: SECRET, users, requests });
    for (const [index, [row, body, type = 'application/json']] of rows.entries()) {
      const ours = await stage.post(`${JWT}/create/`, body, { 'Content-Type': type });
      expect([row, seen(ours)]).toEqual([row, answers[index] && seenOf(answers[index])]);
    }
  });

  it('both begin the answer to broken JSON in the same words', async () => {
    const stage = await startTwin();
    const requests = ['{', '{"a":1,}'].map((body): PeerRequest => ({ view: 'create', body }));
    const { answers } = askSimpleJwt({ secret: SECRET, requests });
    for (const [index, { body }] of requests.entries()) {
      const ours = await stage.post(`${JWT}/create/`, body);
      const beginning = '{"detail":"JSON parse error - ';
      expect([ours.status, ours.text.startsWith(beginning)]).toEqual([400, true]);
      expect([answers[index]?.status, answers[index]?.body.startsWith(beginning)]).toEqual([400, true]);
    }
  });

  it('both answer a protected request in the same words', async () => {
    const stage = await startTwin();
    const { access } = await stage.login();
    const requests = HEADERS.map(([, headerOf]): PeerRequest => ({
      view: 'me',
      authorization: headerOf(access),
    }));
    const { answers } = askSimpleJwt({ secret: SECRET, requests });
    for (const [index, [row, headerOf]] of HEADERS.entries()) {
      expect([row, seen(await stage.get(headerOf(access)))]).toEqual([
        row,
        answers[index] && seenOf(answers[index]),
      ]);
    }
  });

  it.each(['refresh', 'verify'] as const)('both answer %s in the same words', async (view) => {
    const stage = await startTwin();
    const pair = await stage.login();
    const field = view === 'refresh' ? 'refresh' : 'token';
    const tokens = TOKENS.map(([row, tokenOf]) => [row, JSON.stringify({ [field]: tokenOf(pair) })] as const);
    const bodies = [
      ...tokens,
      ['missing', '{}'],
      ['blank', `{"${field}":" "}`],
      ['null', `{"${field}":null}`],
      ['boolean', `{"${field}":true}`],
      ['number', `{"${field}":7}`],
    ] as const;
    const { answers } = askSimpleJwt({
      secret: SECRET,
      requests: bodies.map(([, body]) => ({ view, body })),
    });
    for (const [index, [row, body]] of bodies.entries()) {
      const ours = await stage.post(`${JWT}/${view}/`, body);
      expect([row, seen(ours)]).toEqual([row, answers[index] && seenOf(answers[index])]);
    }
  });
});

/** What both must agree on. Tokens differ from login to login, so that only their names are compared. */
function seen(answer: HttpAnswer): unknown {
  const body = answer.text;
  const challenge = answer.header('WWW-Authenticate') ?? null;
  return seenOf({ status: answer.status, body, type: answer.header('Content-Type') ?? null, challenge });
}

function seenOf({ status, body, type, challenge }: PeerAnswer): unknown {
  const parsed = JSON.parse(body) as Record<string, unknown>;
  return { status, type, challenge, body: status === 200 ? Object.keys(parsed).toSorted() : parsed };
}
