import { describe, expect, it } from 'vitest';
import { authError, StoreError } from '../../src/core/errors.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import { envelope } from '../../src/dialects/envelope.ts';
import { endpointTable, type OwnRefusal } from '../../src/systems/endpoints.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { movableClock } from '../support/movable-clock.ts';

const PAGE = { status: 400, headers: [['Content-Type', 'text/html']] as const, body: '<p>no</p>' };

describe('an endpoint that writes its refusals itself', () => {
  const outage = new StoreError('the store is down');

  it.each<[string, OwnRefusal, Partial<DecisionEvent>]>([
    [
      'a refusal',
      { reply: PAGE, refusal: authError('login_failed') },
      { outcome: 'denied', reason: 'login_failed' },
    ],
    [
      'a failure',
      { reply: PAGE, thrown: outage },
      { outcome: 'failed', reason: 'dependency_unavailable', cause: outage },
    ],
  ])('is answered with the page, and the event tells %s', async (_, answer, expected) => {
    const events: DecisionEvent[] = [];
    const handle = endpointTable([{ method: 'GET', path: '/page', name: 'page', handle: () => answer }], {
      dialect: envelope(),
      schemes: [],
      prefixes: [],
      clock: movableClock(),
      onEvent: (event) => events.push(event),
    });
    const reply = await handle(exchangeWith({}, { path: '/page', mountedPath: '/page' }), '/page');
    expect(reply).toEqual(PAGE);
    expect(events).toEqual([expect.objectContaining({ guard: 'page', principal: null, ...expected })]);
  });
});
