import { describe, expect, it } from 'vitest';
import type { Allowlists } from '../../../src/services/allowlists.ts';
import type { MovableClock } from '../../support/movable-clock.ts';
import { oneNode, verdict } from './fixture.ts';

const LIST = 'client:123456';
const OFFICE = '203.0.113.0/24';
const INSIDE = '203.0.113.7';
const OUTSIDE = '198.51.100.1';
const UNKNOWN = null;

/** What happens to a list, one step after the other. */
type Step = (lists: Allowlists, clock: MovableClock) => unknown;

const addOffice: Step = (lists) => lists.add(LIST, { network: OFFICE });
const addOfficeForAnHour: Step = (lists, clock) =>
  lists.add(LIST, { network: OFFICE, expiresAt: clock.now() + 3_600_000 });
const addOther: Step = (lists) => lists.add(LIST, { network: '192.0.2.1' });
const addOtherForAnHour: Step = (lists, clock) =>
  lists.add(LIST, { network: '192.0.2.1', expiresAt: clock.now() + 3_600_000 });
const addNonsense: Step = (lists) => lists.add(LIST, { network: '10.0.0.0/33' });
const removeOffice: Step = (lists) => lists.remove(LIST, OFFICE);
const removeOther: Step = (lists) => lists.remove(LIST, '192.0.2.1');
const anHourPasses: Step = (_, clock) => clock.advance(3_600);
const clear: Step = (lists) => lists.clear(LIST);

/** Who may pass: a request from inside of the office, one from outside, and one whose address cannot be known. */
const EVERYONE = { configured: false, inside: null, outside: null, unknown: null };
const THE_OFFICE = { configured: true, inside: null, outside: 'ip_denied', unknown: 'ip_unknown' };
const NOBODY = { configured: true, inside: 'ip_denied', outside: 'ip_denied', unknown: 'ip_unknown' };

describe('who may pass, by what happened to the list', () => {
  it.each([
    ['never configured', [], EVERYONE],
    ['never configured, a bad network refused', [addNonsense], EVERYONE],
    ['never configured, a removal refused', [removeOffice], EVERYONE],
    ['never configured, cleared', [clear], EVERYONE],

    ['configured', [addOffice], THE_OFFICE],
    ['configured with two entries', [addOffice, addOther], THE_OFFICE],
    ['configured for an hour', [addOfficeForAnHour], THE_OFFICE],
    ['the other entry removed', [addOffice, addOther, removeOther], THE_OFFICE],
    ['the other entry expired', [addOffice, addOtherForAnHour, anHourPasses], THE_OFFICE],

    ['emptied', [addOffice, removeOffice], NOBODY],
    ['emptied, a bad network refused', [addOffice, removeOffice, addNonsense], NOBODY],
    ['all expired', [addOfficeForAnHour, addOtherForAnHour, anHourPasses], NOBODY],
    ['only another entry left', [addOffice, addOther, removeOffice], NOBODY],
    ['only another entry not expired', [addOfficeForAnHour, addOther, anHourPasses], NOBODY],

    ['emptied, then added again', [addOffice, removeOffice, addOffice], THE_OFFICE],
    ['all expired, then added again', [addOfficeForAnHour, anHourPasses, addOffice], THE_OFFICE],

    ['cleared', [addOffice, clear], EVERYONE],
    ['emptied, then cleared', [addOffice, removeOffice, clear], EVERYONE],
    ['all expired, then cleared', [addOfficeForAnHour, anHourPasses, clear], EVERYONE],
    ['cleared, then added again', [addOther, clear, addOffice], THE_OFFICE],
  ] satisfies readonly (readonly [string, readonly Step[], object])[])('%s', async (_, steps, expected) => {
    const { lists, clock } = oneNode();
    const asked = oneNode();
    for (const step of steps) {
      await step(lists, clock);
      // This one has the list in memory before each step, so that it must notice what the step changes.
      await whoMayPass(asked.lists);
      await step(asked.lists, asked.clock);
    }

    expect(await whoMayPass(lists)).toEqual(expected);
    expect(await whoMayPass(asked.lists)).toEqual(expected);
  });
});

async function whoMayPass(lists: Allowlists): Promise<typeof EVERYONE | typeof THE_OFFICE | typeof NOBODY> {
  const { configured } = await lists.list(LIST);
  return {
    configured,
    inside: await verdict(lists, LIST, INSIDE),
    outside: await verdict(lists, LIST, OUTSIDE),
    unknown: await verdict(lists, LIST, UNKNOWN),
  } as typeof EVERYONE;
}
