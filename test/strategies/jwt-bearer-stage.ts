import type { Recognition } from '../../src/core/decision.ts';
import type { MaybePromise } from '../../src/core/maybe-promise.ts';
import type { Principal } from '../../src/core/principal.ts';
import type { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { forge, TEST_SECRET } from '../support/jwt-forge.ts';
import { movableClock } from '../support/movable-clock.ts';

/** The moment at which the clock of these strategies stands, in seconds. */
export const NOW = movableClock().seconds();

export { jwtStrategy as strategy } from '../support/jwt-strategy.ts';

/** A token that such a strategy accepts. */
export function token(payload: object = {}): string {
  return forge({ payload: { sub: 'u1', exp: NOW + 600, ...payload }, key: TEST_SECRET, algorithm: 'HS256' });
}

export function recognise<P extends Principal>(
  by: JwtBearerStrategy<P>,
  value: string = token(),
): MaybePromise<Recognition<P>> {
  return by.recognise({ header: 'authorization', scheme: 'bearer', value });
}

/** The principal's id, or the code of the refusal. */
export async function outcome<P extends Principal>(
  by: JwtBearerStrategy<P>,
  value?: string,
): Promise<string> {
  const recognition = await recognise(by, value);
  if (recognition.kind === 'authenticated') return recognition.principal.id;
  return recognition.kind === 'rejected' ? recognition.error.code : recognition.kind;
}
