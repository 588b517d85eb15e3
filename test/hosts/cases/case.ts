import supertest from 'supertest';
import { expect } from 'vitest';
import type { DecisionEvent, EventSink } from '../../../src/core/events.ts';
import type { MaybePromise } from '../../../src/core/maybe-promise.ts';
import type { Principal } from '../../../src/core/principal.ts';
import { allow, type Decision, type Guard } from '../../../src/core/decision.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { jwtPairSystem, type JwtPairSystem } from '../../../src/systems/jwt-pair/system.ts';
import { hs256, PAYLOAD } from '../../adapters/jwt-bench.ts';
import type { Host } from '../../support/frameworks.ts';
import { TEST_SECRET } from '../../support/jwt-forge.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { testDirectory } from '../../systems/jwt-pair/directory.ts';
import type { HostFramework } from '../hosts.ts';

/** One row of the matrix: what holds on every host. */
export interface HostCase {
  readonly name: string;
  readonly show: (framework: HostFramework) => Promise<void>;
}

/** A good token of u1, as a header's value. */
export const BEARER: string = `Bearer ${hs256({ ...PAYLOAD, scope: 'read' })}`;

export const MISSING =
  '{"error":{"name":"UnauthorizedError","code":"UNAUTHORIZED","message":"Authentication required"}}';
export const INTERNAL =
  '{"error":{"name":"InternalServerError","code":"INTERNAL_SERVER_ERROR","message":"Internal server error"}}';

export const requestTo = ({ port }: Host): ReturnType<typeof supertest> =>
  supertest(`http://127.0.0.1:${port}`);

/** A guard that lets everyone pass, with these headers, or decides otherwise. */
export function step(
  decide: (principal: Principal | null) => MaybePromise<Decision<Principal | null>> = (who) => allow(who),
): Guard {
  return { name: 'step', decide: (_exchange, who) => decide(who), describe: () => ({ guard: 'step' }) };
}

/** Both of them, so that a case shows what throws at once and what rejects later. */
export const AT_ONCE_AND_LATER: readonly ((thrown: unknown) => () => never | Promise<never>)[] = [
  (thrown) => () => {
    throw thrown;
  },
  (thrown) => async () => {
    await nextTurn();
    throw thrown;
  },
];

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

export const LOGIN = '/api/v1/jwt/create/';
export const ADA = { email: 'ada@example.com', password: 'a password of ada@example.com' };

/** The JWT pair system over a memory of its own, which is closed behind `use`. */
export async function withSystem(
  use: (system: JwtPairSystem) => Promise<void>,
  onEvent: EventSink<DecisionEvent> = () => undefined,
): Promise<void> {
  const clock = movableClock();
  const system = jwtPairSystem({
    keys: TEST_SECRET,
    store: memoryStore({ clock }),
    directory: testDirectory(),
    clientAddress: () => '203.0.113.7',
    clock,
    onEvent: (event) => {
      if (event.type === 'decision') void onEvent(event);
    },
  });
  try {
    await use(system);
  } finally {
    await system.close();
  }
}

/** An answer of the system that holds a pair of tokens, as C9 wants it. */
export function expectPairAnswer(answer: { status: number; headers: unknown; body: unknown }): void {
  const headers = answer.headers as Record<string, string | undefined>;
  expect(answer.status).toBe(200);
  expect(Object.keys(answer.body as object).toSorted()).toEqual(['access', 'refresh']);
  expect([headers['content-type'], headers['cache-control'], headers['transfer-encoding']]).toEqual([
    'application/json',
    'no-store',
    undefined,
  ]);
  expect(headers['content-length']).toBe(String(JSON.stringify(answer.body).length));
}
