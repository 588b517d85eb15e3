import { describe, expect, it } from 'vitest';
import type { Allowlists } from '../../../src/services/allowlists.ts';
import { oneNode } from './fixture.ts';

const LIST = 'client:1';
const OFFICE = '203.0.113.0/24';
const HERE = '198.51.100.7';
const SENTENCE =
  '198.51.100.7, which you come from, would be locked out: it is in none of the live entries; add it first, or confirm.';

type Step = (lists: Allowlists) => Promise<{ readonly ok: boolean }>;

const observeOffice: Step = (lists) => lists.add(LIST, { network: OFFICE }, { observe: true });
const addOffice: Step = (lists) => lists.add(LIST, { network: OFFICE });
const addHere: Step = (lists) => lists.add(LIST, { network: HERE });

/** Each edit that may lock somebody out, after what went before. */
const EDITS: readonly (readonly [
  string,
  readonly Step[],
  (lists: Allowlists, more: object) => Promise<unknown>,
])[] = [
  ['the first entry', [], (lists, more) => lists.add(LIST, { network: OFFICE }, more)],
  ['the first entries', [], (lists, more) => lists.addText(LIST, OFFICE, {}, more)],
  ['enforcing', [observeOffice], (lists, more) => lists.setMode(LIST, 'enforce', more)],
  ['enforcing what is enforced', [addOffice], (lists, more) => lists.setMode(LIST, 'enforce', more)],
  ['removing', [addOffice, addHere], (lists, more) => lists.remove(LIST, HERE, more)],
  [
    'ending an override',
    [addOffice, (lists) => lists.override(LIST, { author: 'a', reason: 'b', until: 1_767_225_700_000 })],
    (lists, more) => lists.endOverride(LIST, more),
  ],
];

describe('an edit that would lock out whoever makes it', () => {
  it.each(EDITS)('is refused, and changes nothing: %s', async (_, before, edit) => {
    const { lists, events } = oneNode();
    for (const step of before) expect(await step(lists)).toMatchObject({ ok: true });
    const list = await lists.list(LIST);
    const told = events.length;
    expect(await edit(lists, { from: HERE })).toEqual({ ok: false, code: 'lock_out', problem: SENTENCE });
    expect([await lists.list(LIST), events.length]).toEqual([list, told]);
  });

  it.each(EDITS)('is made when it is confirmed: %s', async (_, before, edit) => {
    const { lists } = oneNode();
    for (const step of before) await step(lists);
    expect(await edit(lists, { from: HERE, confirmed: true })).toMatchObject({ ok: true });
  });

  it.each(EDITS)('is not confirmed by a text: %s', async (_, before, edit) => {
    const { lists } = oneNode();
    for (const step of before) await step(lists);
    expect(await edit(lists, { from: HERE, confirmed: 'no' })).toMatchObject({ code: 'lock_out' });
  });

  it.each(EDITS)('is made for somebody who stays in: %s', async (_, before, edit) => {
    const { lists } = oneNode();
    for (const step of before) await step(lists);
    expect(await edit(lists, { from: '::ffff:203.0.113.7' })).toMatchObject({ ok: true });
  });

  it.each(EDITS)('is refused for an address that is none, rather than made unguarded: %s', async (...row) => {
    const [, before, edit] = row;
    const { lists } = oneNode();
    for (const step of before) await step(lists);
    expect(await edit(lists, { from: '198.51.100.007' })).toEqual({
      ok: false,
      code: 'address_invalid',
      problem:
        'The address that you come from: An octet begins with a zero, which some programs read as octal; leave the zero out.',
    });
  });

  it('does not count an entry that has expired', async () => {
    const { lists, clock } = oneNode();
    await lists.add(LIST, { network: HERE, expiresAt: clock.now() + 1_000 }, { observe: true });
    await lists.add(LIST, { network: OFFICE });
    clock.advance(1);
    expect(await lists.setMode(LIST, 'enforce', { from: HERE })).toMatchObject({ code: 'lock_out' });
  });

  it('is looked at behind an override, which will end', async () => {
    const { lists, clock } = oneNode();
    await lists.addMany(LIST, [{ network: OFFICE }, { network: HERE }]);
    await lists.override(LIST, { author: 'a', reason: 'b', until: clock.now() + 1_000 });
    expect(await lists.remove(LIST, HERE, { from: HERE })).toMatchObject({ code: 'lock_out' });
  });

  it('is not one where the list refuses the address already, asks nothing, or is cleared', async () => {
    const { lists } = oneNode();
    await lists.add(LIST, { network: OFFICE });
    const more = { from: HERE };
    expect(await lists.add(LIST, { network: '192.0.2.1' }, more)).toMatchObject({ ok: true });
    expect(await lists.remove(LIST, '192.0.2.1', more)).toMatchObject({ ok: true });
    expect(await lists.setMode(LIST, 'observe', more)).toMatchObject({ ok: true });
    expect(await lists.remove(LIST, OFFICE, more)).toMatchObject({ ok: true });
    expect(await lists.clear(LIST, more)).toMatchObject({ ok: true });
  });

  it('is one for everybody when no entry is live, without an address to look at', async () => {
    const { lists } = oneNode();
    await lists.setMode(LIST, 'observe');
    expect(await lists.setMode(LIST, 'enforce')).toEqual({
      ok: false,
      code: 'lock_out',
      problem: 'The list has no live entry, so that nobody could pass; add entries first, or confirm.',
    });
  });
});

describe('enforcing while clients can choose their own address', () => {
  it.each([
    ['everybody is trusted', ['0.0.0.0/0']],
    ['everybody with IPv6 is trusted', ['10.0.0.1', '::/0']],
    ['half of everybody is trusted', ['128.0.0.0/1']],
  ])('IP-02 is refused, also when it is confirmed: %s', async (_, trustedProxies) => {
    const { lists } = oneNode();
    const more = { trustedProxies, confirmed: true };
    const refusal = {
      ok: false,
      code: 'address_spoofable',
      problem: `Clients can choose their own address, since X-Forwarded-For is believed from ${trustedProxies.at(-1)}, where strangers are: a list would keep nobody out. Name only the addresses of your reverse proxies in trustedProxies, then enforce.`,
    };
    expect(await lists.add(LIST, { network: OFFICE }, more)).toEqual(refusal);
    await lists.add(LIST, { network: OFFICE }, { ...more, observe: true });
    expect(await lists.setMode(LIST, 'enforce', more)).toEqual(refusal);
    expect(await lists.list(LIST)).toMatchObject({ mode: 'observe' });
  });

  it('is not in the way where the proxies are named, and of edits of a list that is enforced', async () => {
    const { lists } = oneNode();
    expect(await lists.add(LIST, { network: OFFICE }, { trustedProxies: ['10.0.0.0/8'] })).toMatchObject({
      ok: true,
    });
    expect(await lists.add(LIST, { network: HERE }, { trustedProxies: ['0.0.0.0/0'] })).toMatchObject({
      ok: true,
    });
  });
});
