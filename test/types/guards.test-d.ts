/**
 * What the types promise, checked by the compiler: this file is compiled with the rest, under exactOptionalPropertyTypes,
 * and never run.
 */
import type { RequestListener } from 'node:http';
import express, { type Handler, type RequestHandler } from 'express';
import Koa from 'koa';
import passport from 'passport';
import { expectTypeOf } from 'vitest';
import type { Guard } from '../../src/core/decision.ts';
import type { Principal } from '../../src/core/principal.ts';
import { envelope } from '../../src/dialects/envelope.ts';
import { errorEnvelope as expressErrors, guard as expressGuard } from '../../src/express.ts';
import { errorEnvelope as koaErrors, guard as koaGuard } from '../../src/koa.ts';
import { authenticate, open } from '../../src/middleware/authenticate.ts';
import { requireScopes } from '../../src/middleware/require-scopes.ts';
import { errorEnvelope as nodeErrors, guard as nodeGuard } from '../../src/node.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';

interface Employee extends Principal {
  readonly kind: 'user';
  readonly department: string;
}
interface Machine extends Principal {
  readonly kind: 'service_account';
  readonly serial: number;
}

const keys = 'a secret of many bytes that no test ever signs anything with';
const common = { algorithm: 'HS256', keys, issuer: null, audience: null } as const;
const plain = new JwtBearerStrategy(common);
const employees = new JwtBearerStrategy<Employee>({
  ...common,
  principal: () => ({ kind: 'user', id: '1', department: 'sales' }),
});
const machines = new JwtBearerStrategy({
  ...common,
  headers: 'x-machine',
  principal: async (): Promise<Machine | null> => null,
});
declare const request: express.Request;
declare const context: Koa.Context;

/* The principal is that of the strategies given. */
expectTypeOf(expressGuard(authenticate(plain)).of(request)).toEqualTypeOf<Principal>();
expectTypeOf(expressGuard(authenticate(employees)).of(request)).toEqualTypeOf<Employee>();
expectTypeOf(machines).toEqualTypeOf<JwtBearerStrategy<Machine>>();
expectTypeOf(expressGuard(authenticate(employees, machines)).of(request)).toEqualTypeOf<Employee | Machine>();
expectTypeOf(koaGuard(authenticate(employees, machines)).of(context)).toEqualTypeOf<Employee | Machine>();
expectTypeOf(nodeGuard(authenticate(employees, machines)).of(request)).toEqualTypeOf<Employee | Machine>();
expectTypeOf(
  expressGuard(authenticate(employees), requireScopes('a'), { property: 'caller' }).of(request),
).toEqualTypeOf<Employee>();

/* Nobody is null, and only where nobody may pass. */
expectTypeOf(
  expressGuard(authenticate(employees, { optional: true })).of(request),
).toEqualTypeOf<Employee | null>();
expectTypeOf(expressGuard(authenticate(employees, machines, { optional: true })).of(request)).toEqualTypeOf<
  Employee | Machine | null
>();
expectTypeOf(
  expressGuard(authenticate(employees, { optional: false })).of(request),
).toEqualTypeOf<Employee>();
expectTypeOf(expressGuard(authenticate(employees, {})).of(request)).toEqualTypeOf<Employee>();
declare const isOptional: boolean;
expectTypeOf(
  expressGuard(authenticate(employees, { optional: isOptional })).of(request),
).toEqualTypeOf<Employee | null>();
expectTypeOf(expressGuard(open('a test')).of(request)).toEqualTypeOf<null>();

/* A principal of two kinds is told apart by its kind. */
const who = expressGuard(authenticate(employees, machines)).of(request);
expectTypeOf(who.kind === 'user' ? who.department : who.serial).toEqualTypeOf<string | number>();

/* What is wrong does not compile. */
// @ts-expect-error -- a chain begins with an entry
expressGuard(requireScopes('a'));
// @ts-expect-error -- there is no chain without an entry
expressGuard();
// @ts-expect-error -- authenticate needs a strategy
authenticate();
// @ts-expect-error -- options alone are no strategy
authenticate({ optional: true });
// @ts-expect-error -- a name is no strategy
authenticate('jwt');
// @ts-expect-error -- an unknown option
expressGuard(authenticate(plain), { proprety: 'user' });
// @ts-expect-error -- requireScopes needs a scope
requireScopes();
// @ts-expect-error -- issuer and audience must be said, and be it null
void new JwtBearerStrategy({ algorithm: 'HS256', keys });
// @ts-expect-error -- there is no such algorithm
void new JwtBearerStrategy({ ...common, algorithm: 'none' });
// @ts-expect-error -- what principal returns is a principal
void new JwtBearerStrategy({ ...common, principal: () => ({ name: 'x' }) });

/* Options that may be undefined may be passed on as they are. */
declare const perhaps: { readonly property?: string | undefined; readonly realm?: string | undefined };
expressGuard(authenticate(plain), { property: perhaps.property, dialect: undefined });
envelope({ realm: perhaps.realm });
void new JwtBearerStrategy({ ...common, cacheSize: undefined, findUser: undefined });

/* Express: a guard fits wherever a handler does. */
const api = expressGuard(authenticate(employees));
expectTypeOf(api).toExtend<RequestHandler>();
expectTypeOf(api).toExtend<Handler>();
express()
  .use(api)
  .use('/a', api)
  .get('/b', api, (incoming, response) => {
    response.json({ department: api.of(incoming).department });
  })
  .get<{ id: string }>('/c/:id', api, (incoming, response) => {
    response.json({ id: incoming.params.id, department: api.of(incoming).department });
  })
  .use(expressErrors());
express.Router().all('/d', [api, api]);

/* Koa: a guard fits, and the application keeps its own types behind it. */
const koaApi = koaGuard(authenticate(employees));
expectTypeOf(koaApi).toExtend<Koa.Middleware>();
const koa = new Koa<{ started: number }, { log: (line: string) => void }>()
  .use(koaErrors())
  .use(koaApi)
  .use((ctx) => {
    expectTypeOf(ctx.state.started).toEqualTypeOf<number>();
    ctx.log(ctx.path);
    ctx.body = { department: koaApi.of(ctx).department };
  });
expectTypeOf(koa).toExtend<Koa<{ started: number }, { log: (line: string) => void }>>();
const anyKoa: Koa = new Koa().use(koaErrors()).use(koaApi);

/* node:http: a listener is a listener. */
const nodeApi = nodeGuard(authenticate(employees));
const listener: RequestListener = nodeErrors((incoming, response) => {
  nodeApi(incoming, response, () => response.end(nodeApi.of(incoming).department));
});

/* Passport takes the strategies as they are. */
passport.use(plain).use('employees', employees);

/* Guards of a host: for every principal, and for a narrower one. */
const anyone: Guard = {
  name: 'x',
  decide: (_, principal) => ({ kind: 'allow', principal }),
  describe: () => ({ guard: 'x' }),
};
const signedIn: Guard<Principal> = { ...anyone, decide: (_, principal) => ({ kind: 'allow', principal }) };
expressGuard(authenticate(plain), anyone, signedIn);

export { anyKoa, listener };
