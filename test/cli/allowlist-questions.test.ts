import { describe, expect, it, vi } from 'vitest';
import { done, folder, NOW, refused, stage, wrong, standStill } from './allowlist-stage.ts';
import { toolOn, type ToolRun } from './tool.ts';

standStill();

describe('portcullis allowlist list', () => {
  it('shows all lists, a page at a time', async () => {
    const { tool, lists } = stage();
    expect(await tool('allowlist', 'list')).toEqual(done('No list is configured.'));
    await lists.add('client:7', { network: '203.0.113.7' });
    await lists.add('workspace:w1', { network: '203.0.113.7', expiresAt: NOW + 1_000 }, { observe: true });
    vi.setSystemTime(NOW + 1_000);
    expect(await tool('allowlist', 'list')).toEqual(
      done(
        'LIST          MODE     LIVE  EXPIRED  OVERRIDDEN UNTIL',
        'client:7      enforce  1     0        -',
        'workspace:w1  observe  0     1        -',
      ),
    );
    expect((await tool('allowlist', 'list', '--limit', '1')).out).toMatch(/\n\nMore: --after client:7$/);
    const page = await tool('allowlist', 'list', '--limit', '1', '--after', 'client:7', '--json');
    expect(JSON.parse(page.out)).toEqual({
      items: [{ list: 'workspace:w1', mode: 'observe', live: 0, expired: 1, overriddenUntil: null }],
      next: null,
    });
  });

  it('shows one list with what is to be said of it, a page at a time', async () => {
    const { tool, lists } = stage();
    await lists.addMany('client:7', [
      { network: '203.0.113.0/24', label: 'office', author: 'ada' },
      { network: '203.0.113.7', expiresAt: NOW + 3_600_000 },
    ]);
    expect(await tool('allowlist', 'list', '--client', '7')).toEqual(
      done(
        'client:7 is enforced, with 2 live entries: everyone else is refused.',
        '',
        'NETWORK         LABEL   AUTHOR  ADDED                 EXPIRES',
        '203.0.113.0/24  office  ada     2027-03-01T09:00:00Z  -',
        '203.0.113.7/32  -       -       2027-03-01T09:00:00Z  2027-03-01T10:00:00Z',
        '',
        'Warning: 203.0.113.7/32 lies in 203.0.113.0/24, which is on the list as well: to remove it keeps nobody out.',
      ),
    );
    const first = await tool('allowlist', 'list', '--client', '7', '--limit', '1', '--json');
    expect(JSON.parse(first.out)).toMatchObject({
      list: 'client:7',
      configured: true,
      mode: 'enforce',
      entries: [{ network: '203.0.113.0/24' }],
      next: '203.0.113.0/24',
      warnings: [{ warning: 'overlap' }],
    });
    const second = await tool('allowlist', 'list', '--client', '7', '--after', '203.0.113.0/24', '--json');
    expect(JSON.parse(second.out)).toMatchObject({ entries: [{ network: '203.0.113.7/32' }], next: null });
    expect(await tool('allowlist', 'list', '--client', '7', '--after', '192.0.2.1/32')).toEqual(
      refused('No entry has the network or id of --after.'),
    );
  });

  it('works on the lists of the store when the configuration has none', async () => {
    const { lists, config } = stage();
    await lists.add('client:7', { network: '203.0.113.7' });
    const tool = toolOn(folder, { store: config.store });
    expect((await tool('allowlist', 'list')).out).toContain('client:7');
    expect((await tool('allowlist', 'clear', '--client', '7')).exit).toBe(0);
    expect(await lists.list('client:7')).toMatchObject({ configured: false });
  });
});

describe('portcullis allowlist check and explain', () => {
  it('check says by its exit code whether all lists let an address in', async () => {
    const { tool, lists } = stage();
    await lists.add('client:7', { network: '203.0.113.0/24' });
    await lists.add('workspace:w1', { network: '203.0.113.7' });
    const check = (address: string): Promise<ToolRun> =>
      tool('allowlist', 'check', '--client', '7', '--workspace', 'w1', address);
    expect(await check('::ffff:203.0.113.7')).toEqual(done('203.0.113.7 passes.'));
    expect(await check('203.0.113.8')).toEqual(refused('203.0.113.8 is refused by workspace:w1.'));
    expect(await check('192.0.2.1')).toEqual(refused('192.0.2.1 is refused by client:7 and workspace:w1.'));
    expect(await check('0x7f.1')).toEqual(
      refused(
        'Refused: That is no address: A hexadecimal number, as in 0x7f.1, is another address in each program; write four decimal octets.',
      ),
    );
    expect(await tool('allowlist', 'check', '192.0.2.1')).toEqual(
      wrong('name the lists, as in --client 123456; see --help'),
    );
  });

  it('explain names the entry, or what came nearest', async () => {
    const { tool, lists } = stage();
    await lists.addMany('client:7', [
      { network: '203.0.113.0/24', label: 'office', author: 'ada' },
      { network: '192.0.2.1', expiresAt: NOW + 1_000 },
    ]);
    const explain = (address: string): Promise<ToolRun> =>
      tool('allowlist', 'explain', '--client', '7', address);
    expect(await explain('203.0.113.7')).toEqual(
      done(
        '203.0.113.7 passes client:7: 203.0.113.0/24 "office", added by ada 2027-03-01T09:00:00Z, contains it.',
      ),
    );
    vi.setSystemTime(NOW + 1_000);
    expect(await explain('203.0.115.0')).toEqual(
      done(
        '203.0.115.0 is refused: no live entry of client:7 contains it.',
        'The nearest entry is 203.0.113.0/24 "office": 257 addresses above it. 203.0.112.0/22 would contain both.',
      ),
    );
    expect((await explain('192.0.2.1')).out).toContain(
      '192.0.2.1/32 contained it until 2027-03-01T09:00:01Z, when it expired.',
    );
    await lists.setMode('client:7', 'observe');
    expect((await explain('192.0.2.1')).out).toContain(
      '192.0.2.1 passes: no live entry of client:7 contains it, but the list only observes.',
    );
    expect((await tool('allowlist', 'explain', '--client', '8', '192.0.2.1')).out).toBe(
      '192.0.2.1 passes: client:8 is not configured.',
    );
  });
});
