import type { EntryGuard, Guard, GuardDescription } from './core/decision.ts';
import { isPromise } from './core/maybe-promise.ts';
import type { Principal } from './core/principal.ts';
import type { Reply } from './core/reply.ts';
import { errorRenderer, type ErrorEnvelopeOptions } from './middleware/error-envelope.ts';
import { notePassage, principalOf } from './middleware/passage.ts';
import { answering, type MountArguments, type MountedEndpoint } from './middleware/mounting.ts';
import { compilePipeline, type GuardOptions, type PipelineResult } from './middleware/pipeline.ts';
import { exchangeOf, type NativeRequest } from './passport/request-view.ts';
import { addHeaders, writeReply, type NativeResponse } from './passport/write-reply.ts';

export { under, type Mountable, type MountOptions } from './middleware/mounting.ts';

/** Express middleware in front of a route; typed structurally, so that it fits Express 4 and 5 and Connect. */
export interface ExpressGuard<P> {
  (request: NativeRequest, response: NativeResponse, next: (error?: unknown) => void): void;
  /**
   * Who passed this guard with this request, typed by the strategies.
   *
   * @throws {@link ConfigError} `not_guarded` when the request did not pass it.
   */
  of(request: object): P;
  /** What the guard demands, as plain data. */
  describe(): readonly GuardDescription[];
}

/**
 * Puts guards in front of a route: `authenticate` (or `open`) first, then guards that narrow, then perhaps options. The
 * principal is written to `req.user`; a refusal is answered in the guard's dialect.
 *
 * @throws {@link ConfigError} `chain_unguarded`, `chain_invalid`, and the codes of the options.
 */
export function guard<P extends Principal | null>(
  entry: EntryGuard<P>,
  ...guards: Guard[] | [...Guard[], GuardOptions]
): ExpressGuard<P> {
  const pipeline = compilePipeline<P>([entry, ...guards]);

  function portcullisGuard(
    request: NativeRequest,
    response: NativeResponse,
    next: (error?: unknown) => void,
  ): void {
    const settle = (result: PipelineResult<P>): void => {
      if (result.kind === 'reply') {
        writeReply(response, result.reply, request.method ?? 'GET');
        return;
      }
      (request as object as Record<string, unknown>)[pipeline.property] = result.principal ?? undefined;
      notePassage(request, portcullisGuard, result.principal);
      if (result.headers.length > 0) addHeaders(response, result.headers);
      pipeline.enter(result.principal, next);
    };
    const result = pipeline.run(exchangeOf(request));
    // Express 4 and Connect lose a rejected promise, so none is returned.
    if (isPromise(result)) result.then(settle).catch(next);
    else settle(result);
  }

  return Object.assign(portcullisGuard, {
    of: (request: object) => principalOf(request, portcullisGuard) as P,
    describe: () => pipeline.describe(),
  });
}

/** Express middleware that answers for systems. */
export interface ExpressSystems {
  (request: NativeRequest, response: NativeResponse, next: (error?: unknown) => void): void;
  /** What is answered, for listings of routes. */
  readonly endpoints: readonly MountedEndpoint[];
}

/**
 * Mounts the endpoints of systems; every other path goes on to the host. It works before and behind body parsers.
 *
 * @param args One or more systems, and perhaps {@link MountOptions}. Systems that share paths are only found out when
 *   they are mounted together.
 * @throws {@link ConfigError} `systems_overlap`, `option_invalid`, `option_unknown`.
 */
export function mount(...args: MountArguments): ExpressSystems {
  const answer = answering(args);
  function portcullisSystem(
    request: NativeRequest,
    response: NativeResponse,
    next: (error?: unknown) => void,
  ): void {
    const settle = (reply: Reply | null): void => {
      if (reply === null) next();
      else writeReply(response, reply, request.method ?? 'GET');
    };
    const reply = answer(exchangeOf(request));
    if (isPromise(reply)) reply.then(settle).catch(next);
    else settle(reply);
  }
  return Object.assign(portcullisSystem, { endpoints: answer.endpoints });
}

/**
 * Error middleware that answers every error of the application in one envelope; mount it after the routes. Errors of
 * body parsers become `body_syntax`, unexpected ones 500 without any detail.
 */
export function errorEnvelope(
  options: ErrorEnvelopeOptions = {},
): (
  error: unknown,
  request: NativeRequest,
  response: NativeResponse,
  next: (error?: unknown) => void,
) => void {
  const render = errorRenderer(options);
  return function portcullisErrors(error, request, response, next) {
    // Express can only cut the connection when the answer has begun already, and does so when the error is passed on.
    if (response.headersSent) next(error);
    else writeReply(response, render(error, exchangeOf(request)), request.method ?? 'GET');
  };
}
