import { expect, it } from 'vitest';
import { authenticate } from '../../src/middleware/authenticate.ts';
import type { FindAccount } from '../../src/services/account-check.ts';
import { keyRing, type KeySource } from '../../src/tokens/key-ring.ts';
import type { JwtBearerOptions } from '../../strategies/jwt-bearer.ts';
import { onEachFramework, stopHostsAfterEach, type Host } from '../support/frameworks.ts';
import { forge, raw, TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';
import { expectAllRefused, hs256, jwtStrategy, NOW, PAYLOAD, startJwtHost } from './jwt-bench.ts';

stopHostsAfterEach();

onEachFramework('a guard with a JWT strategy', (framework) => {
  /** Refuses each payload as invalid and lets the good one pass. */
  async function expectJudged(
    options: Partial<JwtBearerOptions>,
    bad: readonly object[],
    good: object,
  ): Promise<void> {
    const host = await startJwtHost(framework, options);
    await expectAllRefused(
      host,
      bad.map((payload) => hs256(payload)),
      hs256(good),
    );
  }

  async function expectExpired(host: Host, token: string): Promise<void> {
    const answer = await host.get(`Bearer ${token}`);
    expect([answer.status, answer.header('WWW-Authenticate'), answer.json()]).toEqual([
      401,
      'Bearer error="invalid_token"',
      { error: { name: 'UnauthorizedError', code: 'UNAUTHORIZED', message: 'Token has expired' } },
    ]);
  }

  it('JWT-07 demands an expiry that is a whole number and still to come', async () => {
    const host = await startJwtHost(framework);
    for (const exp of [NOW, NOW - 1, 0, -1]) await expectExpired(host, hs256({ sub: 'u1', exp }));
    const bad = [
      undefined,
      null,
      String(NOW + 600),
      `${NOW + 600}`,
      {},
      [NOW + 600],
      true,
      NOW + 600.5,
      2 ** 53,
    ];
    const infinite = ['1e400', '-1e400', '1E+999'].map((exp) =>
      forge({ payload: raw(`{"sub":"u1","exp":${exp}}`), key: TEST_SECRET, algorithm: 'HS256' }),
    );
    await expectAllRefused(host, [...bad.map((exp) => hs256({ sub: 'u1', exp })), ...infinite], hs256());
  });

  it('JWT-08 refuses tokens from the future, but for 60 seconds that clocks may be apart', async () => {
    const future = (seconds: number): object[] => [
      { ...PAYLOAD, nbf: NOW + seconds },
      { ...PAYLOAD, iat: NOW + seconds },
    ];
    const odd = ['nbf', 'iat'].flatMap((claim) =>
      [String(NOW), null, {}, [NOW], true].map((value) => ({ ...PAYLOAD, [claim]: value })),
    );
    const infinite = { ...PAYLOAD, nbf: 8.64e15 };
    await expectJudged({}, [...future(600), ...future(86_400), ...future(61), ...odd, infinite], {
      ...PAYLOAD,
      nbf: NOW + 60,
      iat: NOW + 60,
    });
  });

  it('JWT-09 demands the very issuer', async () => {
    const issuer = 'https://issuer.example';
    const others = [
      undefined,
      null,
      '',
      'https://issuer.exampl',
      `${issuer}/`,
      `${issuer}.evil.example`,
      'https://ISSUER.example',
      [issuer],
      { 0: issuer },
      7,
    ];
    await expectJudged(
      { issuer },
      others.map((iss) => ({ ...PAYLOAD, iss })),
      { ...PAYLOAD, iss: issuer },
    );
  });

  it('JWT-10 demands the very audience, alone or among others', async () => {
    const others = [
      undefined,
      null,
      '',
      [],
      ['web'],
      'ap',
      'apis',
      'API',
      { 0: 'api' },
      [['api']],
      ['web', 7, 'api'],
      7,
    ];
    await expectJudged(
      { audience: 'api' },
      others.map((aud) => ({ ...PAYLOAD, aud })),
      { ...PAYLOAD, aud: ['web', 'api'] },
    );
  });

  it('JWT-09 JWT-10 refuses issuers and audiences where none were agreed', async () => {
    await expectJudged(
      {},
      [
        { ...PAYLOAD, iss: 'a' },
        { ...PAYLOAD, aud: 'a' },
        { ...PAYLOAD, aud: [] },
        { ...PAYLOAD, iss: null },
      ],
      PAYLOAD,
    );
  });

  it('JWT-11 keeps access, refresh, id and masquerade tokens apart', async () => {
    const kinds = ['typ', 'token_type', 'token_use'].flatMap((claim) =>
      ['refresh', 'Refresh', 'id', 'ID', 'masquerade', '', null].map((kind) => ({
        ...PAYLOAD,
        [claim]: kind,
      })),
    );
    await expectJudged({}, kinds, { ...PAYLOAD, token_type: 'access', token_use: 'access', typ: 'Bearer' });
    const configured = { tokenType: { claim: 'kind', value: 'masquerade' } };
    await expectJudged(
      configured,
      [PAYLOAD, { ...PAYLOAD, kind: 'access' }, { ...PAYLOAD, kind: ['masquerade'] }],
      {
        ...PAYLOAD,
        kind: 'masquerade',
      },
    );
  });

  it('JWT-11 demands the typ of the header', async () => {
    const typed = (typ: unknown): string =>
      forge({ header: { alg: 'HS256', typ }, payload: PAYLOAD, key: TEST_SECRET, algorithm: 'HS256' });
    const others = ['jwt', 'at+jwt', 'rt+jwt', 'logout+jwt', 'dpop+jwt', 'JWE', '', null, 7, ['JWT']];
    await expectAllRefused(
      await startJwtHost(framework),
      others.map((typ) => typed(typ)),
      typed(undefined),
    );
    const strict = await startJwtHost(framework, { typ: 'at+jwt' });
    await expectAllRefused(
      strict,
      [typed('JWT'), typed(undefined), typed('AT+JWT'), typed('at')],
      typed('at+jwt'),
    );
  });

  it('JWT-12 demands a subject that is known and active', async () => {
    const findUser: FindAccount = async (id) =>
      new Map([
        ['u1', { active: true }],
        ['u2', { active: false }],
      ]).get(id);
    const subjects = [
      undefined,
      null,
      '',
      7,
      ['u1'],
      { id: 'u1' },
      true,
      'u2',
      'u3',
      'U1',
      'u1 ',
      '__proto__',
    ];
    await expectJudged(
      { findUser },
      subjects.map((sub) => ({ ...PAYLOAD, sub })),
      PAYLOAD,
    );
  });

  it('JWT-15 demands a payload that is an object, and reads a member that stands twice in one way', async () => {
    const host = await startJwtHost(framework);
    const signed = (json: string): string =>
      forge({ payload: raw(json), key: TEST_SECRET, algorithm: 'HS256' });
    const payload = JSON.stringify(PAYLOAD);
    const bad = [
      `[${payload}]`,
      '"u1"',
      '7',
      'null',
      'true',
      '',
      ' ',
      payload.slice(0, -1),
      `${payload}x`,
      `{"__proto__":${payload}}`,
      `\ufeff${payload}`,
      `{"sub":"u1","exp":${NOW + 600},"exp":"${NOW + 600}"}`,
      `{"sub":"u1","sub":null,"exp":${NOW + 600}}`,
    ];
    const broken = forge({
      payload: Buffer.from([...Buffer.from('{"sub":"u'), 0xff, ...Buffer.from(`","exp":${NOW + 600}}`)]),
      key: TEST_SECRET,
      algorithm: 'HS256',
    });
    await expectAllRefused(
      host,
      [...bad.map((json) => signed(json)), broken],
      signed(`{"sub":"admin","exp":1,"sub":"u1","exp":${NOW + 600}}`),
    );
  });

  it('JWT-21 hands the host what the token says and nothing more', async () => {
    const host = await framework.start({
      chain: [authenticate(jwtStrategy())],
      handler: ({ principal, property }) => ({ principal, user: property('user') }),
    });
    const answer = await host.get(`Bearer ${hs256({ ...PAYLOAD, ws: 'w1', scope: 'a' })}`);
    const principal = {
      kind: 'user',
      id: 'u1',
      workspace: 'w1',
      scopes: ['a'],
      claims: { ...PAYLOAD, ws: 'w1', scope: 'a' },
    };
    expect(answer.json()).toEqual({ principal, user: principal });
  });

  it('JWT-20 never crosses two users in a thousand interleaved requests', async () => {
    const host = await startJwtHost(framework, {
      findUser: async () => ({ active: true }),
      accountCheck: 'each-request',
    });
    const users = ['alice', 'bob'];
    const tokens = users.map((sub) => hs256({ ...PAYLOAD, sub }));
    const [alice = '', bob = ''] = tokens;
    const grafted = `${alice.slice(0, alice.lastIndexOf('.'))}${bob.slice(bob.lastIndexOf('.'))}`;
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, async (_, i) => (await host.get(`Bearer ${tokens[i % 2]}`)).json()),
      );
      expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => ({ id: users[i % 2] })));
      expect((await host.get(`Bearer ${grafted}`)).status).toBe(401);
    }
  });

  it('JWT-07 JWT-20 ends a remembered token with its expiry, with its key and with its account', async () => {
    const clock = movableClock();
    const ring = keyRing('Test', TEST_SECRET, 'HS256');
    let active = true;
    const source: { -readonly [K in keyof KeySource]: KeySource[K] } = {
      algorithms: ring.algorithms,
      revision: 0,
      candidates: (algorithm, kid) => ring.candidates(algorithm, kid),
    };
    const host = await startJwtHost(framework, { clock, keys: source, findUser: () => ({ active }) });
    const [short, long] = [hs256({ ...PAYLOAD, exp: NOW + 30 }), hs256({ ...PAYLOAD, exp: NOW + 900 })];
    await expectAllRefused(host, [], short);
    await expectAllRefused(host, [], long);
    clock.advance(29);
    await expectAllRefused(host, [], short);
    clock.advance(1);
    await expectExpired(host, short);
    active = false;
    clock.advance(3);
    await expectAllRefused(host, [], long);
    clock.advance(1);
    expect((await host.get(`Bearer ${long}`)).status).toBe(401);
    active = true;
    clock.advance(5);
    await expectAllRefused(host, [], long);
    source.candidates = () => [];
    source.revision += 1;
    expect((await host.get(`Bearer ${long}`)).status).toBe(401);
  });
});
