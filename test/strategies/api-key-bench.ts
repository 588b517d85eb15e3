import type { DecisionEvent } from '../../src/core/events.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import { ApiKeyStrategy, type ApiKeyOptions } from '../../strategies/api-key.ts';
import { JwtBearerStrategy } from '../../strategies/jwt-bearer.ts';
import { keyService, NEW_KEY } from '../services/api-keys/key-service.ts';
import { exchangeWith, type FakeHeaders } from '../support/fake-exchange.ts';
import { forge, TEST_SECRET } from '../support/jwt-forge.ts';

/** A service with one key, and a chain that takes Bearer tokens and keys. */
export async function apiKeyBench(options: Partial<ApiKeyOptions> = {}) {
  const service = keyService();
  const { clock, keys } = service;
  const issued = await keys.create({ ...NEW_KEY, scopes: ['audiences:read'] });
  const jwt = new JwtBearerStrategy({
    algorithm: 'HS256',
    keys: TEST_SECRET,
    issuer: null,
    audience: null,
    exactSchemeCase: true,
    clock,
  });
  const bearer = forge({
    key: TEST_SECRET,
    algorithm: 'HS256',
    payload: { sub: 'ada', iat: clock.seconds(), exp: clock.seconds() + 3_600 },
  });
  const strategy = new ApiKeyStrategy({ keys, ...options });
  const entry = authenticate(jwt, strategy);
  const events: DecisionEvent[] = [];
  const onEvent = (event: DecisionEvent): unknown => events.push(event);

  async function ask(headers: FakeHeaders, parts = {}): Promise<string> {
    const decision = await entry.enterChain(exchangeWith(headers, parts));
    return decision.kind === 'allow' ? decision.principal.id : decision.error.code;
  }
  return {
    ...service,
    ...issued,
    id: issued.record.id,
    strategy,
    entry,
    bearer,
    ask,
    onEvent,
    decisions: events,
  };
}
