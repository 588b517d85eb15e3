import { expect } from 'vitest';
import { authenticate } from '../../src/middleware/authenticate.ts';
import type { JwtBearerOptions } from '../../strategies/jwt-bearer.ts';
import type { Framework, Host } from '../support/frameworks.ts';
import { forge, TEST_SECRET } from '../support/jwt-forge.ts';
import { jwtStrategy } from '../support/jwt-strategy.ts';
import { movableClock } from '../support/movable-clock.ts';

/** The time of every bench until a test brings a clock of its own. */
export const NOW = movableClock().seconds();

/** What a good token says. */
export const PAYLOAD = { sub: 'u1', exp: NOW + 600 };

export { jwtStrategy };

/** An application behind that strategy. */
export function startJwtHost(framework: Framework, options: Partial<JwtBearerOptions> = {}): Promise<Host> {
  return framework.start({ chain: [authenticate(jwtStrategy(options))] });
}

/** A token with this payload, signed with the test's secret. */
export function hs256(payload: object = PAYLOAD): string {
  return forge({ payload, key: TEST_SECRET, algorithm: 'HS256' });
}

/** The answer to every token that is refused, but for one that has expired. */
const REFUSED = {
  status: 401,
  challenge: 'Bearer error="invalid_token"',
  body: { error: { name: 'UnauthorizedError', code: 'UNAUTHORIZED', message: 'Invalid token' } },
};

/**
 * Sends each token and expects the one refusal of them all, then a good token, which must still pass: a bench that
 * refuses everything would show nothing.
 */
export async function expectAllRefused(host: Host, tokens: readonly string[], good: string): Promise<void> {
  for (const token of tokens) {
    const answer = await host.get(`Bearer ${token}`);
    const seen = { status: answer.status, challenge: answer.header('WWW-Authenticate'), body: answer.json() };
    expect([token, seen]).toEqual([token, REFUSED]);
    expect(answer.everything).not.toContain(token);
  }
  const answer = await host.get(`Bearer ${good}`);
  expect([answer.status, answer.json()]).toEqual([200, { id: 'u1' }]);
}
