import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/errors.ts';
import type { Allowlists } from '../../../src/services/allowlists.ts';
import type { MovableClock } from '../../support/movable-clock.ts';
import { address, oneNode, verdict } from './fixture.ts';

const LIST = 'client:1';
const OFFICE = '203.0.113.0/24';
const INSIDE = '203.0.113.7';
const OUTSIDE = '198.51.100.1';

type Step = (lists: Allowlists, clock: MovableClock) => unknown;

const add: Step = (lists) => lists.add(LIST, { network: OFFICE });
const addObserving: Step = (lists) => lists.add(LIST, { network: OFFICE }, { observe: true });
const remove: Step = (lists) => lists.remove(LIST, OFFICE);
const clear: Step = (lists) => lists.clear(LIST);
const observe: Step = (lists) => lists.setMode(LIST, 'observe');
const enforce: Step = (lists) => lists.setMode(LIST, 'enforce');
const enforceAnyway: Step = (lists) => lists.setMode(LIST, 'enforce', { confirmed: true });
const off: Step = (lists) => lists.setMode(LIST, 'off');
const override: Step = (lists, clock) =>
  lists.override(LIST, { author: 'ada', reason: 'office moved', until: clock.now() + 60_000 });
const endOverride: Step = (lists) => lists.endOverride(LIST);
const aMinutePasses: Step = (_, clock) => clock.advance(60);

const EVERYONE = { inside: null, outside: null, unknown: null };
const THE_OFFICE = { inside: null, outside: 'ip_denied', unknown: 'ip_unknown' };
const NOBODY = { inside: 'ip_denied', outside: 'ip_denied', unknown: 'ip_unknown' };

describe('who may pass, by the mode of the list', () => {
  it.each([
    ['the first entry enforces', [add], THE_OFFICE],
    ['the first entry observes when it is asked to', [addObserving], EVERYONE],
    ['a list observes without an entry', [observe], EVERYONE],
    ['a list that observes goes on when it gets entries', [observe, add], EVERYONE],
    ['and enforces when it is told to', [observe, add, enforce], THE_OFFICE],
    ['an enforced list is observed again', [add, observe], EVERYONE],
    ['a list is switched off', [add, off], EVERYONE],
    ['and stays off when it gets entries', [add, off, remove, add], EVERYONE],
    ['and is enforced again', [add, off, enforce], THE_OFFICE],
    ['off means nothing to a list that was never configured', [off, add], THE_OFFICE],
    ['a list that was never configured cannot be enforced', [enforceAnyway], EVERYONE],
    ['an empty list cannot be enforced', [observe, enforce], EVERYONE],
    ['unless it is confirmed', [observe, enforceAnyway], NOBODY],
    ['a list that observes is emptied', [addObserving, remove], EVERYONE],
    ['a list that is off is cleared, and begins anew', [add, off, clear, add], THE_OFFICE],
    ['a list that observes is cleared, and begins anew', [addObserving, clear, add], THE_OFFICE],
    ['observing is refused with an entry of an enforced list', [add, remove, addObserving], NOBODY],
    ['an override lets everyone pass', [add, override], EVERYONE],
    ['and ends by itself', [add, override, aMinutePasses], THE_OFFICE],
    ['and by hand', [add, override, endOverride], THE_OFFICE],
    ['an override does not survive the list', [add, override, clear, add], THE_OFFICE],
    [
      'an override does not follow a list that was not enforced',
      [addObserving, override, enforce],
      THE_OFFICE,
    ],
  ] satisfies readonly (readonly [string, readonly Step[], object])[])('%s', async (_, steps, expected) => {
    const fresh = oneNode();
    const asked = oneNode();
    for (const step of steps) {
      await step(fresh.lists, fresh.clock);
      await whoMayPass(asked.lists);
      await step(asked.lists, asked.clock);
    }
    expect(await whoMayPass(fresh.lists)).toEqual(expected);
    expect(await whoMayPass(asked.lists)).toEqual(expected);
  });

  it('demands the lists that are enforced, whatever the others do', async () => {
    const { lists } = oneNode();
    await lists.add('client:1', { network: OFFICE }, { observe: true });
    await lists.add('workspace:w1', { network: INSIDE });
    const both = ['client:1', 'workspace:w1'];
    expect(await verdict(lists, both, INSIDE)).toBeNull();
    expect(await verdict(lists, both, OUTSIDE)).toBe('ip_denied');
    expect(await verdict(lists, both.toReversed(), OUTSIDE)).toBe('ip_denied');
    await lists.setMode('workspace:w1', 'off');
    expect(await verdict(lists, both, OUTSIDE)).toBeNull();
  });

  it('is known from memory: an override ends in its very millisecond without a look at the store', async () => {
    const { lists, clock, store } = oneNode();
    await lists.add(LIST, { network: OFFICE });
    await lists.override(LIST, { author: 'ada', reason: 'x', until: clock.now() + 2_000 });
    await lists.check(LIST, address(OUTSIDE));
    const { get } = store.calls;
    clock.advance(1.999);
    expect(lists.check(LIST, address(OUTSIDE))).toBeNull();
    clock.advance(0.001);
    expect(lists.check(LIST, address(OUTSIDE))).toMatchObject({ code: 'ip_denied' });
    expect(store.calls.get).toBe(get);
  });

  it('is an outage like any other while the list cannot be read, also of a list that observes', async () => {
    const { lists, store, clock } = oneNode();
    await lists.setMode(LIST, 'observe');
    clock.advance(61);
    store.down.add('get');
    await expect(async () => lists.check(LIST, address(OUTSIDE))).rejects.toThrow(StoreError);
  });
});

describe('allowlists.setMode', () => {
  it('says whether it changed something, and tells each change once', async () => {
    const { lists, events, clock } = oneNode();
    const at = clock.now();
    const modes = ['observe', 'observe', 'off', 'off', 'observe'] as const;
    const changed: boolean[] = [];
    for (const mode of modes) {
      const result = await lists.setMode(LIST, mode, { author: 'ada' });
      changed.push(result.ok && result.changed);
    }
    expect(changed).toEqual([true, false, true, false, true]);
    expect(events).toEqual(
      ['observed', 'switched_off', 'observed'].map((action) => ({
        type: 'allowlist',
        action,
        list: LIST,
        author: 'ada',
        at,
      })),
    );
  });

  it('refuses an author that is no line of text', async () => {
    const { lists } = oneNode();
    expect(await lists.setMode(LIST, 'observe', { author: 'a\nb' })).toMatchObject({
      code: 'author_invalid',
    });
    expect(await lists.list(LIST)).toMatchObject({ configured: false });
  });

  it('refuses to observe with an entry of a list that does something else, and says how', async () => {
    const { lists } = oneNode();
    await lists.add(LIST, { network: OFFICE });
    expect(await lists.add(LIST, { network: OUTSIDE }, { observe: true })).toEqual({
      ok: false,
      code: 'mode_conflict',
      problem:
        'The list is being enforced, and observing can be asked for with its first entry only; set the mode of the list instead.',
    });
    await lists.setMode(LIST, 'observe');
    expect(await lists.add(LIST, { network: OUTSIDE }, { observe: true })).toMatchObject({ ok: true });
  });
});

async function whoMayPass(lists: Allowlists): Promise<object> {
  return {
    inside: await verdict(lists, LIST, INSIDE),
    outside: await verdict(lists, LIST, OUTSIDE),
    unknown: await verdict(lists, LIST, null),
  };
}
