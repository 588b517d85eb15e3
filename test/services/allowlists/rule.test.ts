import { describe, expect, it } from 'vitest';
import { address, oneNode, verdict } from './fixture.ts';

describe('allowlists.rule', () => {
  it('names the entry with the longest prefix of each list, and the list that refuses', async () => {
    const { lists, clock } = oneNode();
    await lists.addMany('client:1', [
      { network: '203.0.0.0/16' },
      { network: '203.0.113.0/24', expiresAt: clock.now() + 1_000 },
      { network: '2001:db8::/32' },
    ]);
    await lists.add('workspace:w1', { network: '203.0.113.7' });
    await lists.add('key:1', { network: '192.0.2.1' }, { observe: true });
    const rule = async (
      subjects: string | readonly string[],
      from: string | null,
    ): Promise<string | null> => {
      await verdict(lists, subjects, from);
      return lists.rule(subjects, from === null ? null : address(from));
    };
    const both = ['client:1', 'workspace:w1', 'key:1'];

    expect(await rule('client:1', '203.0.113.9')).toBe('client:1 203.0.113.0/24');
    expect(await rule(both, '203.0.113.7')).toBe('client:1 203.0.113.0/24, workspace:w1 203.0.113.7/32');
    expect(await rule(both, '203.0.113.9')).toBe('workspace:w1');
    expect(await rule(both, '198.51.100.1')).toBe('client:1');
    expect(await rule(both, null)).toBe('client:1');
    expect(await rule('client:1', '2001:db8::1')).toBe('client:1 2001:db8::/32');
    expect(await rule(['client:none', 'key:1'], '203.0.113.7')).toBeNull();
    clock.advance(1);
    expect(await rule('client:1', '203.0.113.9')).toBe('client:1 203.0.0.0/16');
    await lists.setMode('client:1', 'off');
    expect(await rule('client:1', '203.0.113.9')).toBeNull();
    expect(lists.rule('client:not-in-memory', address('203.0.113.9'))).toBeNull();
  });
});
