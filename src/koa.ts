import type { EntryGuard, Guard, GuardDescription } from './core/decision.ts';
import { isError } from './core/errors.ts';
import type { Exchange } from './core/exchange.ts';
import type { Principal } from './core/principal.ts';
import type { Reply } from './core/reply.ts';
import { errorRenderer, type ErrorEnvelopeOptions } from './middleware/error-envelope.ts';
import { notePassage, principalOf } from './middleware/passage.ts';
import { answering, type MountArguments, type MountedEndpoint } from './middleware/mounting.ts';
import { compilePipeline, type GuardOptions } from './middleware/pipeline.ts';
import { exchangeOf, type NativeRequest } from './passport/request-view.ts';
import { abandon, addHeaders, removeRepresentation, type NativeResponse } from './passport/write-reply.ts';

export { under, type Mountable, type MountOptions } from './middleware/mounting.ts';

/** The parts of Koa's context that are used; typed structurally, so that it fits Koa 2 and 3. */
export interface KoaContext {
  readonly req: NativeRequest;
  readonly res: NativeResponse;
  readonly request: object;
  readonly originalUrl: string;
  readonly state: object;
  readonly headerSent: boolean;
  readonly app: { emit(event: 'error', error: unknown, context: unknown): unknown };
  status: number;
  body: unknown;
}

/**
 * Koa middleware that asks nothing of the context beyond what every context has. It is generic so that `app.use` does
 * not take the few members that are named here for an extension of the application's own context.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a concrete type would be inferred into the app
export type KoaMiddleware = <C extends KoaContext>(context: C, next: () => Promise<unknown>) => Promise<void>;

/** Koa middleware in front of a route. */
export interface KoaGuard<P> extends KoaMiddleware {
  /**
   * Who passed this guard with this context, typed by the strategies.
   *
   * @throws {@link ConfigError} `not_guarded` when the request did not pass it.
   */
  of(context: object): P;
  /** What the guard demands, as plain data. */
  describe(): readonly GuardDescription[];
}

/**
 * Puts guards in front of a route: `authenticate` (or `open`) first, then guards that narrow, then perhaps options. The
 * principal is written to `ctx.state.user`; a refusal is answered in the guard's dialect.
 *
 * @throws {@link ConfigError} `chain_unguarded`, `chain_invalid`, and the codes of the options.
 */
export function guard<P extends Principal | null>(
  entry: EntryGuard<P>,
  ...guards: Guard[] | [...Guard[], GuardOptions]
): KoaGuard<P> {
  const pipeline = compilePipeline<P>([entry, ...guards]);

  async function portcullisGuard(context: KoaContext, next: () => Promise<unknown>): Promise<void> {
    const run = pipeline.run(exchangeOfContext(context));
    const result = run instanceof Promise ? await run : run;
    if (result.kind === 'reply') {
      writeToContext(context, result.reply);
      return;
    }
    (context.state as Record<string, unknown>)[pipeline.property] = result.principal ?? undefined;
    notePassage(context, portcullisGuard, result.principal);
    if (result.headers.length > 0) addHeaders(context.res, result.headers);
    await pipeline.enter(result.principal, next);
  }

  return Object.assign(portcullisGuard, {
    of: (context: object) => principalOf(context, portcullisGuard) as P,
    describe: () => pipeline.describe(),
  });
}

/**
 * Mounts the endpoints of systems; every other path goes on to the host. It works before and behind body parsers.
 *
 * @param args One or more systems, and perhaps {@link MountOptions}. Systems that share paths are only found out when
 *   they are mounted together.
 * @throws {@link ConfigError} `systems_overlap`, `option_invalid`, `option_unknown`.
 */
export function mount(...args: MountArguments): KoaSystems {
  const answer = answering(args);
  async function portcullisSystem(context: KoaContext, next: () => Promise<unknown>): Promise<void> {
    const reply = await answer(exchangeOfContext(context));
    if (reply === null) await next();
    else writeToContext(context, reply);
  }
  return Object.assign(portcullisSystem, { endpoints: answer.endpoints });
}

/** Koa middleware that answers for systems. */
export interface KoaSystems extends KoaMiddleware {
  /** What is answered, for listings of routes. */
  readonly endpoints: readonly MountedEndpoint[];
}

/**
 * Middleware that answers every error of the application in one envelope; mount it before everything else. Errors of
 * body parsers become `body_syntax`; unexpected ones are 500 without any detail, and are emitted as the application's
 * `error` event, as Koa does.
 */
export function errorEnvelope(options: ErrorEnvelopeOptions = {}): KoaMiddleware {
  const render = errorRenderer(options, () => undefined);
  return async function portcullisErrors(context, next) {
    try {
      await next();
    } catch (thrown) {
      if (context.headerSent) {
        // Koa only reports the error then, and leaves the connection open with half an answer.
        abandon(context.res);
        throw thrown;
      }
      const reply = render(thrown, exchangeOfContext(context));
      writeToContext(context, reply);
      if (reply.status >= 500) context.app.emit('error', errorOf(thrown), context);
    }
  };
}

function exchangeOfContext(context: KoaContext): Exchange {
  return exchangeOf(context.req, context.request, context.originalUrl);
}

function writeToContext(context: KoaContext, reply: Reply): void {
  if (context.headerSent) return;
  context.status = reply.status;
  removeRepresentation(context.res);
  addHeaders(context.res, reply.headers);
  context.body = reply.body;
  // Koa takes any text for a plain one, also the empty one of a redirect.
  const hasType = reply.headers.some(([name]) => name.toLowerCase() === 'content-type');
  if (!hasType) context.res.removeHeader('Content-Type');
}

/** Koa's own listener refuses what is no error, and its refusal would replace the answer. */
function errorOf(thrown: unknown): Error {
  return isError(thrown)
    ? thrown
    : new Error('a handler threw something that is no error', { cause: thrown });
}
