import type { EntryGuard, Guard, GuardDescription } from './core/decision.ts';
import { chain, isPromise } from './core/maybe-promise.ts';
import type { Principal } from './core/principal.ts';
import { errorRenderer, type ErrorEnvelopeOptions } from './middleware/error-envelope.ts';
import { notePassage, principalOf } from './middleware/passage.ts';
import { answering, type MountArguments } from './middleware/mounting.ts';
import { compilePipeline, type GuardOptions, type PipelineResult } from './middleware/pipeline.ts';
import { exchangeOf, type NativeRequest } from './passport/request-view.ts';
import { abandon, addHeaders, writeReply, type NativeResponse } from './passport/write-reply.ts';

export { under, type Mountable, type MountOptions } from './middleware/mounting.ts';

/** A guard for `node:http`: call it with the handler that runs when the request passes. */
export interface NodeGuard<P> {
  /** What the handler throws, or rejects with, is answered with 500 in the guard's dialect. */
  (request: NativeRequest, response: NativeResponse, handler: () => unknown): void;
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
 * Puts guards in front of a handler: `authenticate` (or `open`) first, then guards that narrow, then perhaps options.
 * The principal is written to `request.user`; a refusal is answered in the guard's dialect.
 *
 * @throws {@link ConfigError} `chain_unguarded`, `chain_invalid`, and the codes of the options.
 */
export function guard<P extends Principal | null>(
  entry: EntryGuard<P>,
  ...guards: Guard[] | [...Guard[], GuardOptions]
): NodeGuard<P> {
  const pipeline = compilePipeline<P>([entry, ...guards]);

  function portcullisGuard(request: NativeRequest, response: NativeResponse, handler: () => unknown): void {
    const exchange = exchangeOf(request);
    const answer = (thrown: unknown): void => {
      writeReply(response, pipeline.replyTo(thrown, exchange), exchange.method);
      abandon(response);
    };
    const settle = (result: PipelineResult<P>): unknown => {
      if (result.kind === 'reply') return writeReply(response, result.reply, exchange.method);
      (request as object as Record<string, unknown>)[pipeline.property] = result.principal ?? undefined;
      notePassage(request, portcullisGuard, result.principal);
      if (result.headers.length > 0) addHeaders(response, result.headers);
      return pipeline.enter(result.principal, handler);
    };
    attempt(() => chain(pipeline.run(exchange), settle), answer);
  }

  return Object.assign(portcullisGuard, {
    of: (request: object) => principalOf(request, portcullisGuard) as P,
    describe: () => pipeline.describe(),
  });
}

/**
 * Mounts the endpoints of systems in front of a handler, which gets every other path.
 *
 * @returns A function to call with request, response and what to run when the path is none of theirs.
 * @param args One or more systems, and perhaps {@link MountOptions}. Systems that share paths are only found out when
 *   they are mounted together.
 * @throws {@link ConfigError} `systems_overlap`, `option_invalid`, `option_unknown`.
 */
export function mount(
  ...args: MountArguments
): (request: NativeRequest, response: NativeResponse, handler: () => unknown) => unknown {
  const answer = answering(args);
  return function portcullisSystem(request, response, handler) {
    return chain(answer(exchangeOf(request)), (reply) =>
      reply === null ? handler() : writeReply(response, reply, request.method ?? 'GET'),
    );
  };
}

/**
 * Wraps a request listener so that whatever it throws, or rejects with, is answered in one envelope: unexpected errors
 * as 500 without any detail.
 */
export function errorEnvelope<Request extends NativeRequest, Response extends NativeResponse>(
  listener: (request: Request, response: Response) => unknown,
  options: ErrorEnvelopeOptions = {},
): (request: Request, response: Response) => void {
  const render = errorRenderer(options);
  return function portcullisErrors(request, response) {
    attempt(
      () => listener(request, response),
      (thrown) => {
        writeReply(response, render(thrown, exchangeOf(request)), request.method ?? 'GET');
        abandon(response);
      },
    );
  };
}

/** Runs `act` and hands what it throws, now or later, to `onFailure`. */
function attempt(act: () => unknown, onFailure: (thrown: unknown) => void): void {
  try {
    const result = act();
    if (isPromise(result)) Promise.resolve(result).catch(onFailure);
  } catch (thrown) {
    onFailure(thrown);
  }
}
