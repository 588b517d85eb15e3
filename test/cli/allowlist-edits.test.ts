import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { done, folder, NOW, refused, stage, UNGUARDED, wrong, standStill } from './allowlist-stage.ts';
import type { ToolRun } from './tool.ts';

standStill();

describe('portcullis allowlist add', () => {
  it('adds the first network, enforces, and says what the list does', async () => {
    const { tool, lists } = stage();
    expect(
      await tool('allowlist', 'add', '--client', '7', '203.0.113.0/24', '--label', 'Berlin office'),
    ).toEqual(
      done(
        'Added to client:7: 203.0.113.0/24 "Berlin office".',
        'client:7 is enforced, with 1 live entry: everyone else is refused.',
        UNGUARDED,
      ),
    );
    expect(await lists.list('client:7')).toMatchObject({
      mode: 'enforce',
      entries: [{ network: '203.0.113.0/24', label: 'Berlin office', author: 'portcullis allowlist' }],
    });
  });

  it.each([
    ['--account', 'account:7'],
    ['--workspace', 'workspace:7'],
    ['--key', 'key:7'],
    ['--user', 'user:7'],
    ['--service-account', 'service_account:7'],
  ])('takes the list from %s', async (option, subject) => {
    const { tool, lists } = stage();
    await tool('allowlist', 'add', option, '7', '203.0.113.7');
    expect(await lists.list(subject)).toMatchObject({ configured: true });
  });

  it('observes when it is asked to, expires, and names the author', async () => {
    const { tool, lists } = stage();
    const args = ['--observe', '--expires', '8h', '--author', 'ada'];
    expect(await tool('allowlist', 'add', '--client', '7', '203.0.113.7', ...args)).toEqual(
      done(
        'Added to client:7: 203.0.113.7/32.',
        'client:7 observes, with 1 live entry: everyone passes, and the report counts who would be refused.',
      ),
    );
    expect(await lists.list('client:7')).toMatchObject({
      mode: 'observe',
      entries: [{ author: 'ada', expiresAt: NOW + 8 * 3_600_000 }],
    });
  });

  it('says what may not be meant, and what was there already', async () => {
    const { tool } = stage();
    await tool('allowlist', 'add', '--client', '7', '203.0.113.7', '--from', '203.0.113.7');
    expect(
      await tool('allowlist', 'add', '--client', '7', '203.0.113.9/24', '203.0.113.7', '10.0.0.0/8'),
    ).toEqual(
      done(
        'Added to client:7: 203.0.113.0/24, 10.0.0.0/8.',
        'There already: 203.0.113.7/32.',
        'client:7 is enforced, with 3 live entries: everyone else is refused.',
        'Warning: 203.0.113.0/24 is taken, the whole network, although the address of one machine in it was written.',
        'Warning: 203.0.113.7/32 lies in 203.0.113.0/24, which is on the list as well: to remove it keeps nobody out.',
        'Warning: 10.0.0.0/8 is a private range, where nobody who comes from the internet is.',
      ),
    );
  });

  it('adds a file whole or not at all, and names the line that is bad', async () => {
    const { tool, lists } = stage();
    const file = join(folder, 'networks.txt');
    const lines = Array.from({ length: 10_000 }, (_, n) => `11.${n >> 8}.${n & 255}.0/28`);
    writeFileSync(file, `# networks\n${lines.with(5_000, '11.0.0.0/33').join('\n')}\n`);
    const add = (): Promise<ToolRun> => tool('allowlist', 'add', '--client', '7', '--file', file);
    expect(await add()).toEqual(refused('Refused: Line 5002: The prefix is larger than 32.'));
    expect(await lists.list('client:7')).toMatchObject({ configured: false, entries: [] });
    writeFileSync(file, lines.join('\r\n'));
    expect(await add()).toMatchObject({
      exit: 0,
      out: expect.stringMatching(/^Added to client:7: 10000 networks\./),
    });
    expect((await lists.list('client:7')).entries.length).toBe(10_000);
  });

  it('shows 20 warnings at the most', async () => {
    const { tool } = stage();
    const networks = Array.from({ length: 25 }, (_, n) => `10.0.0.${n}`);
    const { out } = await tool('allowlist', 'add', '--client', '7', ...networks);
    expect(out.split('\n').filter((line) => line.startsWith('Warning: '))).toHaveLength(21);
    expect(out.split('\n').at(-1)).toBe('Warning: 5 more of this kind; --json has all.');
  });

  it('refuses to lock out whoever calls, and does it when it is confirmed', async () => {
    const { tool, lists } = stage();
    const add = ['allowlist', 'add', '--client', '7', '203.0.113.0/24', '--from', '198.51.100.7'];
    expect(await tool(...add)).toEqual(
      refused(
        'Refused: 198.51.100.7, which you come from, would be locked out: it is in none of the live entries; add it first, or confirm. To confirm: --yes.',
      ),
    );
    expect(await lists.list('client:7')).toMatchObject({ configured: false });
    expect((await tool(...add, '--yes')).exit).toBe(0);
  });

  it('IP-02 refuses to enforce while proxies are trusted that strangers are among', async () => {
    const { tool, lists } = stage({ trustedProxies: ['10.0.0.1', '0.0.0.0/0'] });
    const add = ['allowlist', 'add', '--client', '7', '203.0.113.0/24'];
    const sentence = refused(
      'Refused: Clients can choose their own address, since X-Forwarded-For is believed from 0.0.0.0/0, where strangers are: a list would keep nobody out. Name only the addresses of your reverse proxies in trustedProxies, then enforce.',
    );
    expect(await tool(...add, '--yes')).toEqual(sentence);
    expect((await tool(...add, '--observe')).exit).toBe(0);
    expect(await tool('allowlist', 'enforce', '--client', '7', '--yes')).toEqual(sentence);
    expect(await lists.list('client:7')).toMatchObject({ mode: 'observe' });
  });

  it.each([
    [['010.0.0.1'], 'An octet begins with a zero, which some programs read as octal; leave the zero out.'],
    [['10/8'], 'An IPv4 address has four octets, as in 10.0.0.0/8.'],
    [[''], 'There is no address.'],
    [['203.0.113.7', '1.2.3.4/33'], '1.2.3.4/33: The prefix is larger than 32.'],
    [
      ['203.0.113.7', '\u001b[2J'],
      `?[2J: It is neither an IPv4 nor an IPv6 address, such as 10.0.0.0/8 or 2001:db8::/32.`,
    ],
  ])('refuses %j with a sentence, and adds nothing', async (networks, problem) => {
    const { tool, lists } = stage();
    expect(await tool('allowlist', 'add', '--client', '7', ...networks)).toEqual(
      refused(`Refused: ${problem}`),
    );
    expect(await lists.list('client:7')).toMatchObject({ configured: false });
  });

  it.each([
    [['203.0.113.7'], 'name the list, as in --client 123456; see --help'],
    [['--client', '7', '--key', 'a', '203.0.113.7'], 'one list at a time; key:a is one too many'],
    [['--client', '7'], 'name the networks, or a file of them by --file'],
    [['--client', '7', '--file', '/nowhere'], 'the file of --file cannot be read: /nowhere'],
    [['--client', '7', '--file', '/nowhere', '203.0.113.7'], '"203.0.113.7" is one word too many'],
    [
      ['--client', '7', '203.0.113.7', '--expires', 'soon'],
      '--expires must be a length of time such as 7d, or a moment such as 2027-01-31T12:00Z',
    ],
    [['--client', 'a\0', '203.0.113.7'], '--client is no id'],
  ])('exits with 2 for %j', async (args, sentence) => {
    const { tool } = stage();
    expect(await tool('allowlist', 'add', ...args)).toEqual(wrong(sentence));
  });
});

describe('portcullis allowlist remove and clear', () => {
  it('remove an entry and all of them, and say what the list does then', async () => {
    const { tool, lists, events } = stage();
    await lists.addMany('client:7', [{ network: '203.0.113.7' }, { network: '192.0.2.0/24' }]);
    expect(await tool('allowlist', 'remove', '--client', '7', '192.0.2.9/24', '--author', 'ada')).toEqual(
      done(
        'Removed from client:7: 192.0.2.0/24.',
        'client:7 is enforced, with 1 live entry: everyone else is refused.',
      ),
    );
    expect(events.at(-1)).toMatchObject({ action: 'removed', network: '192.0.2.0/24', author: 'ada' });
    expect(
      await tool('allowlist', 'remove', '--client', '7', '203.0.113.7', '--from', '203.0.113.7'),
    ).toMatchObject({
      exit: 1,
      out: expect.stringContaining('would be locked out'),
    });
    expect(await tool('allowlist', 'remove', '--client', '7', '203.0.113.7')).toEqual(
      done(
        'Removed from client:7: 203.0.113.7/32.',
        'client:7 is enforced without a live entry: nobody passes.',
      ),
    );
    expect(await tool('allowlist', 'remove', '--client', '7', '203.0.113.7')).toEqual(
      refused('Refused: The list has no entry with this network.'),
    );
    expect(await tool('allowlist', 'clear', '--client', '7')).toEqual(
      done('There was nothing to remove.', 'client:7 is not configured: everyone passes.'),
    );
  });
});
