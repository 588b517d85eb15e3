/** A guard, a mounted system and the error envelope fit wherever Express takes a handler, by the types of version 4 and of 5. */
import express5 from 'express';
import express4 from 'express4';
import { authenticate } from 'portcullis/authenticate';
import { errorEnvelope, guard, mount, type ExpressGuard } from 'portcullis/express';
import { guard as koaGuard } from 'portcullis/koa';
import type { B2bSystem } from 'portcullis/b2b';
import { expectTypeOf } from 'vitest';
import { employees, type Employee } from './employees.ts';

declare const system: B2bSystem;
const api = guard(authenticate(employees));
const systems = mount(system, { prefix: '/b2b' });
const errors = errorEnvelope();

expectTypeOf(api).toEqualTypeOf<ExpressGuard<Employee>>();

/* Express 5 */
expectTypeOf(api).toExtend<express5.RequestHandler>();
expectTypeOf(systems).toExtend<express5.RequestHandler>();
expectTypeOf(errors).toExtend<express5.ErrorRequestHandler>();
express5()
  .use(systems)
  .use('/below', systems)
  .use(api, api)
  .get<{ id: string }>('/orders/:id', api, async (request, response) => {
    expectTypeOf(api.of(request)).toEqualTypeOf<Employee>();
    response.json({ id: request.params.id, department: api.of(request).department });
  })
  .use(errors);
express5.Router().use(api).all('/', [api, api]).route('/:id').delete(api);
express5.Router().param('id', (request, _response, next) => next(api.of(request)));

/* Express 4 */
expectTypeOf(api).toExtend<express4.RequestHandler>();
expectTypeOf(systems).toExtend<express4.RequestHandler>();
expectTypeOf(errors).toExtend<express4.ErrorRequestHandler>();
express4()
  .use(systems)
  .use('/below', systems)
  .use(api, api)
  .get<{ id: string }>('/orders/:id', api, (request, response) => {
    expectTypeOf(api.of(request)).toEqualTypeOf<Employee>();
    response.json({ id: request.params.id, department: api.of(request).department });
  })
  .use(errors);
express4.Router().use(api).all('/', [api, api]).route('/:id').delete(api);
express4.Router().param('id', (request, _response, next) => next(api.of(request)));

/* What is wrong does not compile. */
expectTypeOf(koaGuard(authenticate(employees))).not.toExtend<express5.RequestHandler>();
expectTypeOf(koaGuard(authenticate(employees))).not.toExtend<express4.RequestHandler>();
// @ts-expect-error -- a system is mounted before it is used, on Express 5
express5().use(system);
// @ts-expect-error -- and on Express 4
express4().use(system);
// @ts-expect-error -- an entry is no middleware, on Express 5
express5().get('/', authenticate(employees));
// @ts-expect-error -- and on Express 4
express4().get('/', authenticate(employees));
// @ts-expect-error -- there is nothing to mount
mount();
// @ts-expect-error -- an unknown option
mount(system, { path: '/b2b' });
// @ts-expect-error -- the party has no such member
void api.of({}).salary;
