import express, { type RequestHandler } from 'express';
import Koa from 'koa';
import { KoaPassport } from 'koa-passport';
import { Passport } from 'passport';
import { describe, expect, it } from 'vitest';
import { guard } from '../../src/express.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import { runStrategy, type PassportStrategy } from '../../src/passport/run-strategy.ts';
import { JwtBearerStrategy, type JwtBearerOptions } from '../../strategies/jwt-bearer.ts';
import { listen, stopHostsAfterEach, type Host } from '../support/frameworks.ts';
import { forge, TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';
import { noteWarnings } from '../support/process-warnings.ts';

stopHostsAfterEach();
noteWarnings();

const NOW = movableClock().seconds();
const USERS = ['alice', 'bob'] as const;

function bearer(sub: string, payload: object = {}): string {
  return `Bearer ${forge({ payload: { sub, exp: NOW + 600, ...payload }, key: TEST_SECRET, algorithm: 'HS256' })}`;
}

function strategy(options: Partial<JwtBearerOptions> = {}): JwtBearerStrategy {
  return new JwtBearerStrategy({
    algorithm: 'HS256',
    keys: TEST_SECRET,
    issuer: null,
    audience: null,
    clock: movableClock(),
    ...options,
  });
}

/** Answers later calls first, so that overlapping requests finish in another order than they began. */
function scrambled(): Partial<JwtBearerOptions> {
  let turn = 0;
  return {
    accountCheck: 'each-request',
    findUser: () => {
      turn += 1;
      const hops = turn % 5;
      return new Promise((resolve) => {
        const hop = (left: number): void => {
          if (left === 0) resolve({ active: true });
          else setImmediate(hop, left - 1);
        };
        hop(hops);
      });
    },
  };
}

type Mount = (by: JwtBearerStrategy) => Promise<Host>;

/** What Passport left as the user, of which only the id is answered. */
function pick(user: unknown): unknown {
  return { id: (user as { id?: string } | undefined)?.id };
}

const answer: RequestHandler = (request, response) => {
  response.json(pick(request.user));
};

const WAYS: readonly (readonly [string, Mount])[] = [
  [
    'passport.authenticate(name) on Express',
    (by) => {
      const passport = new Passport();
      passport.use(by);
      return listen(express().use(passport.authenticate(by.name, { session: false }), answer));
    },
  ],
  [
    'passport.use(other name) on Express',
    (by) => {
      const passport = new Passport();
      passport.use('other', by);
      return listen(express().use(passport.authenticate('other', { session: false }), answer));
    },
  ],
  [
    'passport.authenticate(instance) on Express',
    (by) => {
      const passport = new Passport();
      return listen(express().use(passport.authenticate(by, { session: false }), answer));
    },
  ],
  [
    'koa-passport by name on Koa',
    (by) => {
      const passport = new KoaPassport();
      passport.use(by);
      return listenKoa(passport.authenticate(by.name, { session: false }));
    },
  ],
  [
    'koa-passport by instance on Koa',
    (by) => listenKoa(new KoaPassport().authenticate(by, { session: false })),
  ],
  [
    'two guards that share it on Express',
    (by) => {
      const [first, second] = [guard(authenticate(by)), guard(authenticate(by))];
      return listen(
        express().use(first, second, (request, response) => {
          const ids = [first.of(request).id, second.of(request).id];
          response.json({ id: new Set(ids).size === 1 ? ids[0] : ids });
        }),
      );
    },
  ],
];

function listenKoa(middleware: Koa.Middleware): Promise<Host> {
  const app = new Koa();
  app.silent = true;
  app.use(middleware).use((context) => {
    context.body = pick(context.state['user']);
  });
  const handle = app.callback();
  return listen((request, response) => void handle(request, response));
}

describe.each(WAYS)('JwtBearerStrategy through %s', (way, mount) => {
  it('lets a good token pass as its user', async () => {
    const host = await mount(strategy());
    const answered = await host.get(bearer('alice'));
    expect([answered.status, answered.json()]).toEqual([200, { id: 'alice' }]);
  });

  it('BT-01 BT-02 refuses with 401 and the challenge of the refusal', async () => {
    const host = await mount(strategy());
    const cases: [string | undefined, string][] = [
      [undefined, 'Bearer'],
      ['Basic YTpi', 'Bearer'],
      ['Bearer', 'Bearer error="invalid_request"'],
      [bearer('alice', { exp: NOW }), 'Bearer error="invalid_token"'],
      [`${bearer('alice')}A`, 'Bearer error="invalid_token"'],
    ];
    for (const [sent, challenge] of cases) {
      const answered = await host.get(sent);
      expect([sent, answered.status, answered.header('WWW-Authenticate')]).toEqual([sent, 401, challenge]);
    }
  });

  it('BT-05 refuses two credentials', async () => {
    const host = await mount(strategy());
    const both = await host.send({ headers: { Authorization: USERS.map((user) => bearer(user)) } });
    const joined = await host.get(`${bearer('alice')}, ${bearer('bob')}`);
    expect([both.status >= 400 && both.status < 500, joined.status >= 400 && joined.status < 500]).toEqual([
      true,
      true,
    ]);
    expect([both.text, joined.text].filter((text) => text.includes('alice') || text.includes('bob'))).toEqual(
      [],
    );
  });

  it('says 5xx and never 401 when a callback fails, at once or later', async () => {
    for (const findUser of [
      () => {
        throw new Error('down');
      },
      () => Promise.reject(new Error('down')),
    ]) {
      const host = await mount(strategy({ findUser }));
      const { status } = await host.get(bearer('alice'));
      expect(status).toBe(500);
    }
  });

  it('says 500 when the callback returns what is no principal', async () => {
    for (const principal of [() => true, async () => ({})]) {
      const host = await mount(strategy({ principal: principal as never }));
      const { status, text } = await host.get(bearer('alice'));
      expect([way, status]).toEqual([way, 500]);
      expect(text).not.toContain('"id"');
    }
  });

  it('JWT-20 never mixes up a thousand overlapping requests of two users', async () => {
    const host = await mount(strategy(scrambled()));
    const tokens = USERS.map((user) => bearer(user));
    const sent = Array.from({ length: 1000 }, (_, i) => i % 2);
    const answers: unknown[] = [];
    for (let start = 0; start < sent.length; start += 50) {
      const batch = sent.slice(start, start + 50).map((who) => host.get(tokens[who]));
      answers.push(...(await Promise.all(batch)).map((each) => each.json()));
    }
    expect(answers).toEqual(sent.map((who) => ({ id: USERS[who] })));
  });
});

describe('JwtBearerStrategy as Passport sees it', () => {
  const request = { headers: {}, rawHeaders: ['Authorization', bearer('alice')] };

  it('acts before it returns when it can, with every action of a run', () => {
    const by = strategy() as unknown as PassportStrategy;
    expect(runStrategy(by, request)).toMatchObject({ action: 'success', user: { id: 'alice' } });
    expect(runStrategy(by, { headers: {}, rawHeaders: [] })).toEqual({
      action: 'fail',
      challenge: 'Bearer',
      status: 401,
    });
    expect(
      runStrategy(by, { headers: {}, rawHeaders: [...request.rawHeaders, ...request.rawHeaders] }),
    ).toEqual({
      action: 'fail',
      challenge: 'Bearer error="invalid_request"',
      status: 400,
    });
  });

  it('leaves nothing on the shared instance', () => {
    const by = strategy();
    const before = Object.keys(by);
    void runStrategy(by, request);
    expect(Object.keys(by)).toEqual(before);
  });

  it('calls a callback of the host that throws once and not a second time with its own error', async () => {
    const passport = new Passport();
    passport.use(strategy());
    const calls: unknown[] = [];
    const host = await listen(
      express()
        .use((request_, response, next) => {
          const run = passport.authenticate('jwt-bearer', (error: unknown, user: unknown) => {
            calls.push([error, (user as { id?: string }).id]);
            throw new Error('the callback of the host');
          });
          void run(request_, response, next);
        })
        .use(((_error, _request, response, _next) => {
          response.status(500).end();
        }) as express.ErrorRequestHandler),
    );
    const { status } = await host.get(bearer('alice'));
    expect([status, calls]).toEqual([500, [[null, 'alice']]]);
  });
});
