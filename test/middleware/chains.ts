import { allow, type Decision, type EntryGuard, type Guard } from '../../src/core/decision.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Principal } from '../../src/core/principal.ts';
import { compilePipeline, type GuardOptions, type PipelineResult } from '../../src/middleware/pipeline.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { movableClock } from '../support/movable-clock.ts';

/** Who a request is, or nobody. */
export type Who = Principal | null;
export type Answer = MaybePromise<Decision<Who>>;

export const ALICE: Principal = { kind: 'user', id: 'alice' };
export const BOB: Principal = { kind: 'user', id: 'bob' };

/** The entry of a chain that answers this. */
export function entry(answer: () => Answer): EntryGuard<Who> {
  return { name: 'entry', schemes: ['Bearer'], enterChain: answer, describe: () => ({ guard: 'entry' }) };
}

/** A guard that answers this. */
export function step(name: string, decide: (principal: Who) => Answer): Guard<Who> {
  return { name, decide: (_exchange, principal) => decide(principal), describe: () => ({ guard: name }) };
}

/** One request through a chain, and what was told of it. */
export interface Run {
  readonly events: DecisionEvent[];
  readonly result: MaybePromise<PipelineResult<Who>>;
}

/** Sends one request through a chain. */
export function run(chain: readonly unknown[], options: GuardOptions = {}): Run {
  const events: DecisionEvent[] = [];
  const onEvent = (event: DecisionEvent): number => events.push(event);
  const pipeline = compilePipeline<Who>([...chain, { onEvent, clock: movableClock(), ...options }]);
  return { events, result: pipeline.run(exchangeWith()) };
}

/** What a run comes to, in short: the principal's id, or the status and the reason of the last event. */
export async function outcome({ events, result }: Run): Promise<unknown> {
  const settled = await result;
  if (settled.kind === 'pass') return settled.principal?.id ?? 'nobody';
  return `${settled.reply.status} ${String(events.at(-1)?.outcome)} ${String(events.at(-1)?.reason)}`;
}

/** The entry that lets everyone pass as Alice. */
export const yes = entry(() => allow(ALICE));
