/** `describe()` gives plain data whose details are looked at before they are used; `portcullis/routes` hands it on. */
import type { GuardDescription } from 'portcullis';
import { authenticate } from 'portcullis/authenticate';
import { guard as expressGuard } from 'portcullis/express';
import { guard as koaGuard } from 'portcullis/koa';
import { guard as nodeGuard } from 'portcullis/node';
import { requireScopes } from 'portcullis/require-scopes';
import { routesOf, type FoundRoute } from 'portcullis/routes';
import { expectTypeOf } from 'vitest';
import { employees } from './employees.ts';

const entry = authenticate(employees);
expectTypeOf(entry.describe()).toEqualTypeOf<GuardDescription>();
expectTypeOf(requireScopes('a').describe()).toEqualTypeOf<GuardDescription>();
expectTypeOf(expressGuard(entry).describe()).toEqualTypeOf<readonly GuardDescription[]>();
expectTypeOf(koaGuard(entry).describe()).toEqualTypeOf<readonly GuardDescription[]>();
expectTypeOf(nodeGuard(entry).describe()).toEqualTypeOf<readonly GuardDescription[]>();

declare const description: GuardDescription;
expectTypeOf(description.guard).toEqualTypeOf<string>();
expectTypeOf(description['scopes']).toBeUnknown();

const routes = routesOf({});
expectTypeOf(routes).toEqualTypeOf<readonly FoundRoute[]>();
expectTypeOf<FoundRoute['method']>().toEqualTypeOf<string>();
expectTypeOf<FoundRoute['path']>().toEqualTypeOf<string>();
expectTypeOf<FoundRoute['guards']>().toEqualTypeOf<readonly GuardDescription[]>();
expectTypeOf<FoundRoute['system']>().toEqualTypeOf<string | null>();
expectTypeOf<FoundRoute['unseen']>().toEqualTypeOf<string | null>();
expectTypeOf(routesOf({}, { passThrough: ['logger'] })).toEqualTypeOf<readonly FoundRoute[]>();
routes.filter(({ guards }) => guards.some((each) => each.guard === 'require_scopes'));

/* What is wrong does not compile. */
// @ts-expect-error -- a detail is unknown until it is looked at
void description['scopes'].length;
// @ts-expect-error -- a description names its guard
const nameless: GuardDescription = { scopes: [] };
// @ts-expect-error -- there is an application to look at
routesOf();
// @ts-expect-error -- a list of routes is read, not written
routes.push(...routes);
// @ts-expect-error -- a system may be none
routes.map(({ system }) => system.length);

export { nameless };
