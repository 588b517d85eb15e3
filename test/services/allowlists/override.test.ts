import { describe, expect, it } from 'vitest';
import type { NewOverride } from '../../../src/services/allowlists.ts';
import { oneNode, verdict } from './fixture.ts';

const LIST = 'client:1';
const DAY_MS = 86_400_000;

describe('allowlists.override', () => {
  it('is audited: who, why, until when, in the event and in the list, also when it has ended', async () => {
    const { lists, clock, events } = oneNode();
    await lists.add(LIST, { network: '10.0.0.1' });
    events.length = 0;
    const at = clock.now();
    const wanted = { author: 'ada', reason: 'ticket 7: VPN down', until: at + 60_000 };
    expect(await lists.override(LIST, wanted)).toMatchObject({ ok: true, changed: true });
    clock.advance(30);
    expect(await lists.endOverride(LIST, { author: 'bob' })).toMatchObject({ ok: true, changed: true });

    expect(events).toEqual([
      { type: 'allowlist', action: 'overridden', list: LIST, ...wanted, at },
      { type: 'allowlist', action: 'override_ended', list: LIST, author: 'bob', at: at + 30_000 },
    ]);
    const overrides = [{ ...wanted, at, endedAt: at + 30_000 }];
    expect(await lists.list(LIST)).toMatchObject({ overrides });
    await lists.clear(LIST);
    expect(await lists.list(LIST)).toMatchObject({ configured: false, overrides });
  });

  it.each<[string, Partial<Record<keyof NewOverride, unknown>>, string]>([
    ['nobody', { author: undefined }, 'author_invalid'],
    ['an empty author', { author: '' }, 'author_invalid'],
    ['no reason', { reason: undefined }, 'reason_invalid'],
    ['a reason of two lines', { reason: 'a\nb' }, 'reason_invalid'],
    ['no end', { until: undefined }, 'expiry_invalid'],
    ['an end that never comes', { until: Infinity }, 'expiry_invalid'],
    ['an end that has come', { until: 1_767_225_600_000 }, 'expiry_invalid'],
    ['more than a day', { until: 1_767_225_600_000 + DAY_MS + 1 }, 'expiry_invalid'],
  ])('refuses %s, and the list stays in force', async (_, part, code) => {
    const { lists, clock, events } = oneNode();
    await lists.add(LIST, { network: '10.0.0.1' });
    const wanted = { author: 'ada', reason: 'x', until: clock.now() + 1_000, ...part };
    expect(await lists.override(LIST, wanted as NewOverride)).toMatchObject({ ok: false, code });
    expect(await verdict(lists, LIST, '10.0.0.2')).toBe('ip_denied');
    expect(events.length).toBe(1);
  });

  it('lasts a day at the most', async () => {
    const { lists, clock } = oneNode();
    await lists.add(LIST, { network: '10.0.0.1' });
    await lists.override(LIST, { author: 'ada', reason: 'x', until: clock.now() + DAY_MS });
    clock.advance(86_399.999);
    expect(await verdict(lists, LIST, '10.0.0.2')).toBeNull();
    clock.advance(0.001);
    expect(await verdict(lists, LIST, '10.0.0.2')).toBe('ip_denied');
  });

  it('is refused where there is nothing to override, and cannot be ended where there is none', async () => {
    const { lists } = oneNode();
    const wanted = { author: 'ada', reason: 'x', until: 1_767_225_601_000 };
    expect(await lists.override(LIST, wanted)).toMatchObject({ code: 'not_enforcing' });
    await lists.setMode(LIST, 'observe');
    expect(await lists.override(LIST, wanted)).toMatchObject({ code: 'not_enforcing' });
    expect(await lists.endOverride(LIST)).toMatchObject({ code: 'override_missing' });
  });

  it('takes the place of the one that is in force, also when it is shorter', async () => {
    const { lists, clock } = oneNode();
    const at = clock.now();
    await lists.add(LIST, { network: '10.0.0.1' });
    await lists.override(LIST, { author: 'ada', reason: 'long', until: at + 60_000 });
    await lists.override(LIST, { author: 'bob', reason: 'short', until: at + 1_000 });
    expect(await lists.list(LIST)).toMatchObject({
      overrides: [
        { author: 'ada', endedAt: at },
        { author: 'bob', until: at + 1_000 },
      ],
    });
    clock.advance(1);
    expect(await verdict(lists, LIST, '10.0.0.2')).toBe('ip_denied');
  });

  it('is remembered, the latest twenty', async () => {
    const { lists, clock } = oneNode();
    await lists.add(LIST, { network: '10.0.0.1' });
    for (let n = 1; n <= 25; n++) {
      await lists.override(LIST, { author: 'ada', reason: `reason ${n}`, until: clock.now() + 1_000 });
      clock.advance(1);
    }
    const { overrides } = await lists.list(LIST);
    expect(overrides?.map(({ reason }) => reason)).toEqual(
      Array.from({ length: 20 }, (_, n) => `reason ${n + 6}`),
    );
  });

  it('has in the report what it let in', async () => {
    const { lists, clock } = oneNode();
    await lists.add(LIST, { network: '10.0.0.1' });
    await lists.override(LIST, { author: 'ada', reason: 'x', until: clock.now() + 60_000 });
    const since = clock.now();
    await verdict(lists, LIST, '198.51.100.9');
    await verdict(lists, LIST, '10.0.0.1');
    expect(await lists.report(LIST)).toMatchObject({
      since,
      lines: [{ network: '198.51.100.0/24', count: 1, admitted: 'none' }],
    });
  });
});
