/**
 * What a guard does to the types of a Koa application: nothing. The state is the host's to declare, and `guard.of(ctx)` is
 * typed whether or not it does.
 */
import { Router } from '@koa/router';
import Koa from 'koa';
import { authenticate } from 'portcullis/authenticate';
import { guard as expressGuard } from 'portcullis/express';
import { errorEnvelope, guard, mount, type KoaGuard } from 'portcullis/koa';
import type { OAuthSystem } from 'portcullis/oauth';
import { expectTypeOf } from 'vitest';
import { employees, type Employee } from './employees.ts';

declare const system: OAuthSystem;
const api = guard(authenticate(employees));
const visitors = guard(authenticate(employees, { optional: true }));

expectTypeOf(api).toEqualTypeOf<KoaGuard<Employee>>();

/* A state that is declared by what the guard gives. */
interface State {
  user: ReturnType<typeof api.of>;
}
const declared = new Koa<State>()
  .use(errorEnvelope())
  .use(mount(system))
  .use(api)
  .use((ctx) => {
    expectTypeOf(ctx.state.user).toEqualTypeOf<Employee>();
    expectTypeOf(api.of(ctx)).toEqualTypeOf<Employee>();
    ctx.body = ctx.state.user.department;
    // @ts-expect-error -- the party has no such member
    ctx.body = ctx.state.user.salary;
    // @ts-expect-error -- nor has the state
    ctx.body = ctx.state.session;
  });
expectTypeOf(declared).toExtend<Koa<State>>();

new Koa<{ user: ReturnType<typeof visitors.of> }>().use(visitors).use((ctx) => {
  expectTypeOf(ctx.state.user).toEqualTypeOf<Employee | null>();
  // @ts-expect-error -- there may be nobody
  ctx.body = ctx.state.user.department;
});

/* Another property, and what else the application keeps there. */
const named = guard(authenticate(employees), { property: 'caller' });
new Koa<{ caller: ReturnType<typeof named.of>; startedAt: number }>().use(named).use((ctx) => {
  expectTypeOf(ctx.state.caller.department).toEqualTypeOf<string>();
  expectTypeOf(ctx.state.startedAt).toEqualTypeOf<number>();
});

/* Without a declaration Koa's state holds anything, and stays so. */
const plain: Koa = new Koa().use(api).use((ctx) => {
  expectTypeOf(ctx.state['user']).toBeAny();
  expectTypeOf(api.of(ctx)).toEqualTypeOf<Employee>();
});

/* A router keeps its own types as well, in front of a route and above many. */
const router = new Router<State>();
router.use(api);
router.get('/orders/:id', api, (ctx) => {
  expectTypeOf(ctx.state.user).toEqualTypeOf<Employee>();
  expectTypeOf(ctx.params).toExtend<Record<string, string>>();
  ctx.body = api.of(ctx).department;
});
plain.use(router.routes());

/* What is wrong does not compile. */
// @ts-expect-error -- a guard of Express is none of Koa
plain.use(expressGuard(authenticate(employees)));
// @ts-expect-error -- a system is mounted before it is used
plain.use(system);
// @ts-expect-error -- an entry is no middleware
plain.use(authenticate(employees));
// @ts-expect-error -- a text is no context
api.of('ctx');
