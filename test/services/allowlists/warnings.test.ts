import { describe, expect, it } from 'vitest';
import { oneNode } from './fixture.ts';

const LIST = 'client:1';

describe('allowlists.warnings', () => {
  it('says nothing of entries that are as they should be', async () => {
    const { lists } = oneNode();
    await lists.addMany(LIST, [{ network: '203.0.113.0/24' }, { network: '2001:db8::/32' }]);
    expect(await lists.warnings(LIST)).toEqual([]);
    expect(await lists.warnings('client:unheard-of')).toEqual([]);
  });

  it('names everything, private ranges, overlaps and expired entries, each with a sentence', async () => {
    const { lists, clock } = oneNode();
    await lists.addMany(LIST, [
      { network: '0.0.0.0/0' },
      { network: '::/0' },
      { network: '10.1.0.0/16' },
      { network: 'fd00::1' },
      { network: '203.0.113.0/24' },
      { network: '203.0.113.128/25' },
      { network: '192.0.2.1', expiresAt: clock.now() + 1_000 },
    ]);
    clock.advance(1);
    const lies = 'which is on the list as well: to remove it keeps nobody out.';
    expect((await lists.warnings(LIST)).map(({ warning, sentence }) => [warning, sentence])).toEqual([
      [
        'covers_everything',
        '0.0.0.0/0 is every address there is of its family, so that the list keeps none of them out.',
      ],
      [
        'covers_everything',
        '::/0 is every address there is of its family, so that the list keeps none of them out.',
      ],
      ['private_range', '10.1.0.0/16 is a private range, where nobody who comes from the internet is.'],
      ['overlap', `10.1.0.0/16 lies in 0.0.0.0/0, ${lies}`],
      ['private_range', 'fd00::1/128 is a private range, where nobody who comes from the internet is.'],
      ['overlap', `fd00::1/128 lies in ::/0, ${lies}`],
      ['overlap', `203.0.113.0/24 lies in 0.0.0.0/0, ${lies}`],
      ['overlap', `203.0.113.128/25 lies in 203.0.113.0/24, ${lies}`],
      ['expired', '192.0.2.1/32 has expired and lets nobody in; remove it.'],
    ]);
  });

  it('does not call it an overlap where the outer entry has expired', async () => {
    const { lists, clock } = oneNode();
    await lists.addMany(LIST, [
      { network: '203.0.113.0/24', expiresAt: clock.now() + 1_000 },
      { network: '203.0.113.7' },
    ]);
    expect((await lists.warnings(LIST)).map(({ warning }) => warning)).toEqual(['overlap']);
    clock.advance(1);
    expect((await lists.warnings(LIST)).map(({ warning }) => warning)).toEqual(['expired']);
  });

  it('comes with an entry that is added around one that is there', async () => {
    const { lists } = oneNode();
    await lists.addMany(LIST, [{ network: '203.0.113.7' }, { network: '10.0.0.1' }]);
    expect(await lists.add(LIST, { network: '203.0.113.0/24' })).toMatchObject({
      warnings: [{ line: 1, warning: 'overlap', network: '203.0.113.7/32', other: '203.0.113.0/24' }],
    });
  });

  it('finds the overlaps of 20,000 entries, each with the smallest that contains it', async () => {
    const { lists } = oneNode();
    const entries = Array.from({ length: 10_000 }, (_, n) => {
      const block = `11.${n >> 8}.${n & 255}`;
      return [{ network: `${block}.0/24` }, { network: `${block}.9` }];
    }).flat();
    await lists.addMany(LIST, entries);
    const warnings = await lists.warnings(LIST);
    expect(warnings.length).toBe(10_000);
    expect(warnings[9_999]).toMatchObject({ network: '11.39.15.9/32', other: '11.39.15.0/24' });
  });
});
