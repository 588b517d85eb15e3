import { describe, expect, it } from 'vitest';
import { oneNode } from './fixture.ts';

const LIST = 'client:1';

describe('allowlists.explain', () => {
  it('names the entry with the longest prefix that lets an address in', async () => {
    const { lists } = oneNode();
    await lists.addMany(LIST, [{ network: '203.0.0.0/16' }, { network: '203.0.113.0/24', label: 'office' }]);
    expect(await lists.explain(LIST, '::ffff:203.0.113.7')).toMatchObject({
      ok: true,
      list: LIST,
      address: '203.0.113.7',
      passes: true,
      because: 'entry',
      mode: 'enforce',
      entry: { network: '203.0.113.0/24', label: 'office' },
      expired: null,
      nearest: null,
      override: null,
    });
  });

  it('names the nearest miss, how far it is, and the network that would hold both', async () => {
    const { lists } = oneNode();
    await lists.addMany(LIST, [
      { network: '203.0.113.0/25' },
      { network: '198.51.100.0/24' },
      { network: '2001:db8::/64' },
    ]);
    expect(await lists.explain(LIST, '203.0.113.130')).toMatchObject({
      passes: false,
      because: 'no_entry',
      entry: null,
      nearest: {
        entry: { network: '203.0.113.0/25' },
        addresses: '3',
        side: 'above',
        together: '203.0.113.0/24',
      },
    });
    expect(await lists.explain(LIST, '198.51.99.255')).toMatchObject({
      nearest: { entry: { network: '198.51.100.0/24' }, addresses: '1', side: 'below' },
    });
    expect(await lists.explain(LIST, '2001:db8:0:1::')).toMatchObject({
      nearest: { entry: { network: '2001:db8::/64' }, addresses: '1', together: '2001:db8::/63' },
    });
  });

  it('has no nearest miss where no entry is of the family', async () => {
    const { lists } = oneNode();
    await lists.add(LIST, { network: '203.0.113.0/25' });
    expect(await lists.explain(LIST, '::1')).toMatchObject({ because: 'no_entry', nearest: null });
  });

  it('names the entry that has expired', async () => {
    const { lists, clock } = oneNode();
    await lists.addMany(LIST, [
      { network: '203.0.113.7', expiresAt: clock.now() + 1_000 },
      { network: '203.0.113.9' },
    ]);
    clock.advance(1);
    expect(await lists.explain(LIST, '203.0.113.7')).toMatchObject({
      passes: false,
      expired: { network: '203.0.113.7/32' },
      nearest: { entry: { network: '203.0.113.9/32' }, addresses: '2' },
    });
  });

  it('says why a list that does not contain an address lets it pass', async () => {
    const { lists, clock } = oneNode();
    const because = async (): Promise<unknown> => {
      const explanation = await lists.explain(LIST, '192.0.2.1');
      return explanation.ok && [explanation.passes, explanation.because];
    };
    expect(await because()).toEqual([true, 'unconfigured']);
    await lists.setMode(LIST, 'observe');
    expect(await because()).toEqual([true, 'observed']);
    await lists.add(LIST, { network: '10.0.0.1' });
    await lists.setMode(LIST, 'enforce');
    expect(await because()).toEqual([false, 'no_entry']);
    await lists.override(LIST, { author: 'ada', reason: 'x', until: clock.now() + 1_000 });
    expect(await because()).toEqual([true, 'overridden']);
    clock.advance(1);
    expect(await because()).toEqual([false, 'no_entry']);
    await lists.setMode(LIST, 'off');
    expect(await because()).toEqual([true, 'off']);
  });

  it('agrees with what happens to a request', async () => {
    const { lists } = oneNode();
    await lists.addMany(LIST, [{ network: '203.0.113.0/24' }, { network: '2001:db8::/32' }]);
    for (const text of ['203.0.113.255', '203.0.114.0', '2001:db8::', '2001:db9::', '::203.0.113.1']) {
      const explanation = await lists.explain(LIST, text);
      const { parseAddress } = await import('../../../src/network/address.ts');
      const refusal = await lists.check(LIST, parseAddress(text));
      expect([text, explanation.ok && explanation.passes]).toEqual([text, refusal === null]);
    }
  });

  it('refuses what is no address with a sentence', async () => {
    const { lists } = oneNode();
    expect(await lists.explain(LIST, '10.0.0.0/8')).toEqual({
      ok: false,
      code: 'address_invalid',
      problem: 'That is no address: It is a network; name one address of it.',
    });
    expect(await lists.explain(LIST, '0x7f.1')).toMatchObject({ code: 'address_invalid' });
  });
});
