import express from 'express';
import passport from 'passport';
import { describe, expect, it } from 'vitest';
import { authError, StoreError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { OpaqueBearerStrategy, type OpaqueBearerOptions } from '../../strategies/opaque-bearer.ts';
import { complaint } from '../support/complaint.ts';
import { listen, onEachFramework, stopHostsAfterEach, type Host } from '../support/frameworks.ts';
import { TEST_SECRET } from '../support/jwt-forge.ts';
import jsonwebtoken from 'jsonwebtoken';

stopHostsAfterEach();

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Knows the tokens `t-0` to `t-99`. */
async function find(token: string): Promise<Principal | null> {
  await later();
  return /^t-\d{1,2}$/.test(token) ? { kind: 'user', id: `u-${token.slice(2)}` } : null;
}

function withPassport(
  use: (authenticator: passport.Authenticator) => string | passport.Strategy,
): Promise<Host> {
  const authenticator = new passport.Passport();
  const strategy = use(authenticator);
  const app = express();
  app.use(
    authenticator.authenticate(strategy, { session: false }) as express.RequestHandler,
    (request, response) => {
      response.json((request as unknown as { user: Principal }).user);
    },
  );
  app.use(
    (error: Error, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      response.status(503).send(error.name);
    },
  );
  return listen(app);
}

const WAYS = [
  {
    way: 'by name',
    use: (strategy: OpaqueBearerStrategy) => (authenticator: passport.Authenticator) => {
      authenticator.use(strategy);
      return strategy.name;
    },
  },
  {
    way: 'by another name',
    use: (strategy: OpaqueBearerStrategy) => (authenticator: passport.Authenticator) => {
      authenticator.use('mine', strategy);
      return 'mine';
    },
  },
  { way: 'as an instance', use: (strategy: OpaqueBearerStrategy) => () => strategy },
];

describe.each(WAYS)('OpaqueBearerStrategy under Passport, $way', ({ use }) => {
  it('gives the principal, and fails with its challenge', async () => {
    const host = await withPassport(use(new OpaqueBearerStrategy({ find })));
    expect((await host.get('Bearer t-7')).json()).toEqual({ kind: 'user', id: 'u-7' });
    expect((await host.get('bearer   t-7')).status).toBe(200);
    const answer = await host.get();
    expect([answer.status, answer.lines('WWW-Authenticate')]).toEqual([401, ['Bearer']]);
    const unknown = await host.get('Bearer t-100');
    expect([unknown.status, unknown.header('WWW-Authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer\b/),
    ]);
    expect(unknown.everything).not.toContain('t-100');
  });

  it('never answers one of 50 overlapping requests as another', async () => {
    const host = await withPassport(use(new OpaqueBearerStrategy({ find })));
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => host.get(`Bearer t-${n}`)));
    expect(answers.map((answer) => (answer.json() as Principal).id)).toEqual(
      Array.from({ length: 50 }, (_, n) => `u-${n}`),
    );
  });

  it('hands an outage to the error handler', async () => {
    const down = (): never => {
      throw new StoreError('down');
    };
    const host = await withPassport(use(new OpaqueBearerStrategy({ find: down })));
    const answer = await host.get('Bearer t-1');
    expect([answer.status, answer.text]).toEqual([503, 'StoreError']);
  });

  it('reads other header names, and sees that two differ', async () => {
    const strategy = new OpaqueBearerStrategy({ find, headers: ['Authorization', 'Authentication'] });
    const host = await withPassport(use(strategy));
    const status = async (headers: Record<string, string | string[]>) =>
      (await host.send({ headers })).status;
    expect(await status({ Authentication: 'Bearer t-1' })).toBe(200);
    expect(await status({ Authentication: 'Bearer t-1', Authorization: 'Bearer t-1' })).toBe(200);
    expect(await status({ Authentication: 'Bearer t-1', Authorization: 'Basic dTpw' })).toBe(200);
    expect(await status({ Authentication: 'Bearer t-1', Authorization: 'Bearer t-2' })).toBe(400);
    expect(await status({ Authorization: ['Bearer t-1', 'Bearer t-1'] })).toBe(400);
  });
});

onEachFramework('OpaqueBearerStrategy beside JwtBearerStrategy', (framework) => {
  it('takes the tokens of its own form, and neither rescues what the other refused', async () => {
    const asked: string[] = [];
    const opaque = new OpaqueBearerStrategy({
      find: (token) => {
        asked.push(token);
        return find(token);
      },
    });
    const jwt = new JwtBearerStrategy({ algorithm: 'HS256', keys: TEST_SECRET, issuer: 'i', audience: 'a' });
    const sign = (secret: string) =>
      jsonwebtoken.sign({ sub: 'u-jwt' }, secret, { issuer: 'i', audience: 'a', expiresIn: 60 });
    for (const chain of [authenticate(jwt, opaque), authenticate(opaque, jwt)]) {
      const host = await framework.start({ chain: [chain] });
      expect((await host.get(`Bearer ${sign(TEST_SECRET)}`)).json()).toEqual({ id: 'u-jwt' });
      expect((await host.get('Bearer t-5')).json()).toEqual({ id: 'u-5' });
      expect((await host.get(`Bearer ${sign(TEST_SECRET.toUpperCase())}`)).status).toBe(401);
      expect((await host.get('Bearer t-500')).status).toBe(401);
      expect((await host.get('Bearer a.b')).status).toBe(401);
    }
    expect(asked).toEqual(['t-5', 't-500', 'a.b', 't-5', 't-500', 'a.b']);
  });

  it('refuses null as token_revoked, and passes on the refusal that says more', async () => {
    for (const refusal of ['token_expired', 'account_forbidden', 'token_revoked'] as const) {
      const host = await framework.start({
        chain: [authenticate(new OpaqueBearerStrategy({ find: () => authError(refusal) }))],
      });
      const expected = refusal === 'account_forbidden' ? 403 : 401;
      expect((await host.get('Bearer t-1')).status).toBe(expected);
    }
  });

  it('asks for nothing that is no token or is too long', async () => {
    const asked: string[] = [];
    const strategy = new OpaqueBearerStrategy({
      find: (token) => {
        asked.push(token);
        return null;
      },
    });
    const host = await framework.start({ chain: [authenticate(strategy)] });
    for (const value of ['x'.repeat(513), 'a"b', 'a=b', 'a{b', 'é', '=']) {
      expect((await host.get(`Bearer ${value}`)).status).toBe(401);
    }
    expect(asked).toEqual([]);
    expect((await host.get(`Bearer ${'x'.repeat(512)}`)).status).toBe(401);
    expect(asked).toHaveLength(1);
  });

  it('keeps answers out of caches where the header is not Authorization alone', async () => {
    const options: readonly [OpaqueBearerOptions['headers'], readonly unknown[]][] = [
      [undefined, [[], []]],
      ['authorization', [[], []]],
      [
        ['Authorization', 'X-Token'],
        [['no-store'], ['Authorization, X-Token']],
      ],
    ];
    for (const [headers, expected] of options) {
      const chain = [authenticate(new OpaqueBearerStrategy({ find, headers }))] as const;
      const host = await framework.start({ chain });
      const answer = await host.get('Bearer t-1');
      expect([answer.lines('Cache-Control'), answer.lines('Vary')]).toEqual(expected);
    }
  });
});

describe('OpaqueBearerStrategy', () => {
  it('is refused beside another one on the same header', () => {
    const [a, b] = [new OpaqueBearerStrategy({ find }), new OpaqueBearerStrategy({ find, name: 'b' })];
    expect(() => authenticate(a, b)).toThrow('"opaque-bearer" and "b" could both take the same Bearer');
  });

  it('reads Authorization: Bearer in any case, under its own name', () => {
    expect(new OpaqueBearerStrategy({ find })).toMatchObject({
      name: 'opaque-bearer',
      claims: [
        {
          headers: ['authorization'],
          scheme: 'Bearer',
          exactSchemeCase: false,
          shape: 'opaque',
          value: 'word',
        },
      ],
    });
    expect(
      new OpaqueBearerStrategy({ find, name: 'mine', headers: 'X-Token', exactSchemeCase: true }),
    ).toMatchObject({ name: 'mine', claims: [{ headers: ['x-token'], exactSchemeCase: true }] });
  });

  it('knows Authorization in any case for the header that caches know', async () => {
    const strategy = new OpaqueBearerStrategy({ find, headers: 'AUTHORIZATION' });
    expect(await strategy.recognise({ header: 'authorization', scheme: 'bearer', value: 't-1' })).toEqual({
      kind: 'authenticated',
      principal: { kind: 'user', id: 'u-1' },
      headers: undefined,
    });
  });

  it('refuses a token that is unknown or none, each by its code', async () => {
    const strategy = new OpaqueBearerStrategy({ find });
    const codes = ['t-100', 'a"b', 'a b', '=', '"a'].map(async (value) => {
      const recognition = await strategy.recognise({ header: 'authorization', scheme: 'bearer', value });
      return recognition.kind === 'rejected' ? recognition.error.code : recognition.kind;
    });
    expect(await Promise.all(codes)).toEqual([
      'token_revoked',
      'token_malformed',
      'token_malformed',
      'token_malformed',
      'token_malformed',
    ]);
  });

  it.each([
    [{}, 'option_missing: OpaqueBearerStrategy.find is required: give a function.'],
    [{ find: 'x' }, 'option_invalid: OpaqueBearerStrategy.find must be a function, not a string.'],
    [
      { find, name: '' },
      'option_invalid: OpaqueBearerStrategy.name must be a string that is not empty, not an empty string.',
    ],
    [
      { find, headers: [7] },
      'option_invalid: OpaqueBearerStrategy.headers[0] must be a string that is not empty, not the number 7.',
    ],
    [
      { find, exactSchemeCase: 'no' },
      'option_invalid: OpaqueBearerStrategy.exactSchemeCase must be true or false, not a string.',
    ],
    [
      { find, header: 'x' },
      'option_unknown: OpaqueBearerStrategy: unknown option "header"; did you mean "headers"?',
    ],
  ])('refuses %j for options', (options, message) => {
    expect(complaint(() => new OpaqueBearerStrategy(options as never))).toBe(message);
  });
});
