import { describe, expect, it, vi } from 'vitest';
import { parseAddress } from '../../src/network/address.ts';
import { done, NOW, refused, stage, UNGUARDED, wrong, standStill } from './allowlist-stage.ts';

standStill();

describe('portcullis allowlist observe, report, enforce and off', () => {
  it('lead a list from observing over its report to being enforced', async () => {
    const { tool, lists, events } = stage();
    expect(await tool('allowlist', 'report', '--client', '7')).toEqual(
      done('client:7 has never observed; begin with: portcullis allowlist observe --client 7'),
    );
    expect(await tool('allowlist', 'observe', '--client', '7', '--author', 'ada')).toEqual(
      done(
        'client:7 observes, with 0 live entries: everyone passes, and the report counts who would be refused.',
      ),
    );
    for (const [text, count] of [
      ['203.0.113.7', 3],
      ['198.51.100.1', 1],
    ] as const) {
      for (let n = 0; n < count; n++) {
        await lists.check('client:7', parseAddress(text), { method: 'GET', path: '/api/v1/products' });
      }
    }
    await tool('allowlist', 'add', '--client', '7', '203.0.113.0/24');
    const at = '2027-03-01T09:00:00Z';
    expect(await tool('allowlist', 'report', '--client', '7')).toEqual(
      done(
        `What client:7 would have refused since ${at}:`,
        '',
        'REQUESTS  NETWORK          ROUTE                 FIRST                 LAST                  ON THE LIST',
        `3         203.0.113.0/24   GET /api/v1/products  ${at}  ${at}  yes`,
        `1         198.51.100.0/24  GET /api/v1/products  ${at}  ${at}  no`,
      ),
    );
    expect((await tool('allowlist', 'report', '--client', '7', '--limit', '1')).out).toMatch(
      /\n\nMore: --after 1$/,
    );
    const page = await tool('allowlist', 'report', '--client', '7', '--after', '1', '--json');
    expect(JSON.parse(page.out)).toMatchObject({
      list: 'client:7',
      mode: 'observe',
      lines: [{ network: '198.51.100.0/24', count: 1, admitted: 'none' }],
      others: null,
      next: null,
    });
    expect(await tool('allowlist', 'enforce', '--client', '7', '--from', '203.0.113.7')).toEqual(
      done(
        'client:7 is enforced, with 1 live entry: everyone else is refused.',
        'The report has 1 request from 1 network that no entry contains as a whole.',
      ),
    );
    expect(await tool('allowlist', 'enforce', '--client', '7')).toEqual(
      done('Nothing has changed: client:7 is enforced, with 1 live entry: everyone else is refused.'),
    );
    expect(await tool('allowlist', 'off', '--client', '7')).toEqual(
      done('client:7 is off, with 1 live entry: everyone passes.'),
    );
    expect((await tool('allowlist', 'enforce', '--client', '7')).out).toContain(UNGUARDED);
    expect(events.map(({ action }) => action)).toEqual([
      'observed',
      'added',
      'enforced',
      'switched_off',
      'enforced',
    ]);
  });

  it('refuse to enforce what nobody could pass, and to observe with an entry of an enforced list', async () => {
    const { tool } = stage();
    expect(await tool('allowlist', 'enforce', '--client', '7')).toEqual(
      refused('Refused: The list has no entries yet; adding the first one enforces it.'),
    );
    await tool('allowlist', 'observe', '--client', '7');
    expect(await tool('allowlist', 'enforce', '--client', '7')).toEqual(
      refused(
        'Refused: The list has no live entry, so that nobody could pass; add entries first, or confirm. To confirm: --yes.',
      ),
    );
    expect(await tool('allowlist', 'enforce', '--client', '7', '--yes')).toMatchObject({ exit: 0 });
    expect(await tool('allowlist', 'add', '--client', '7', '203.0.113.7', '--observe')).toEqual(
      refused(
        'Refused: The list is being enforced, and observing can be asked for with its first entry only; set the mode of the list instead. That is: portcullis allowlist observe --client 7.',
      ),
    );
  });
});

describe('portcullis allowlist break-glass', () => {
  const GLASS = ['allowlist', 'break-glass', '--client', '7'] as const;
  const WHY = ['--author', 'ada', '--reason', 'VPN down'] as const;

  it('lets everyone pass for a while, with who and why on record', async () => {
    const { tool, lists, events } = stage();
    await lists.add('client:7', { network: '203.0.113.7' });
    const text =
      'Everyone passes until 2027-03-01T09:30:00Z, when the list is enforced again by itself: ada broke the glass, "VPN down".';
    expect(await tool(...GLASS, ...WHY, '--for', '30m')).toEqual(done(text));
    expect((await tool('allowlist', 'list', '--client', '7')).out.split('\n')[0]).toBe(text);
    expect(await tool('allowlist', 'check', '--client', '7', '192.0.2.1')).toEqual(done('192.0.2.1 passes.'));
    expect(events.at(-1)).toEqual({
      type: 'allowlist',
      action: 'overridden',
      list: 'client:7',
      author: 'ada',
      reason: 'VPN down',
      until: NOW + 1_800_000,
      at: NOW,
    });
    vi.setSystemTime(NOW + 1_800_000);
    expect((await tool('allowlist', 'check', '--client', '7', '192.0.2.1')).exit).toBe(1);
  });

  it('is ended before its time', async () => {
    const { tool, lists } = stage();
    await lists.add('client:7', { network: '203.0.113.7' });
    await tool(...GLASS, ...WHY);
    expect(await tool(...GLASS, '--end', '--from', '192.0.2.1')).toMatchObject({ exit: 1 });
    expect(await tool(...GLASS, '--end', '--from', '203.0.113.7')).toEqual(
      done('client:7 is enforced, with 1 live entry: everyone else is refused.'),
    );
    expect(await tool(...GLASS, '--end')).toEqual(refused('Refused: No override of the list is in force.'));
  });

  it.each([
    [[...GLASS, '--reason', 'x'], wrong('--author is required')],
    [[...GLASS, '--author', 'ada'], wrong('--reason is required')],
    [[...GLASS, ...WHY, '--end'], wrong('--end takes neither --reason nor --for')],
    [
      [...GLASS, ...WHY, '--for', '25h'],
      refused('Refused: An override ends by itself, after at most a day.'),
    ],
    [[...GLASS, ...WHY, '--for', '0s'], refused('Refused: An override ends by itself, after at most a day.')],
  ])('refuses %j', async (args, expected) => {
    const { tool, lists } = stage();
    await lists.add('client:7', { network: '203.0.113.7' });
    expect(await tool(...args)).toEqual(expected);
  });

  it('has nothing to override where nobody is refused', async () => {
    const { tool } = stage();
    expect(await tool(...GLASS, ...WHY)).toEqual(
      refused('Refused: The list refuses nobody, so that there is nothing to override.'),
    );
  });
});
