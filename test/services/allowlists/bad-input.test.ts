import { describe, expect, it } from 'vitest';
import type { Added } from '../../../src/services/allowlists.ts';
import { oneNode, verdict } from './fixture.ts';

const LIST = 'client:1';
const NEITHER = 'It is neither an IPv4 nor an IPv6 address, such as 10.0.0.0/8 or 2001:db8::/32.';
const ZERO = 'An octet begins with a zero, which some programs read as octal; leave the zero out.';
const HEX =
  'A hexadecimal number, as in 0x7f.1, is another address in each program; write four decimal octets.';
const FOUR = 'An IPv4 address has four octets, as in 10.0.0.0/8.';
const ZONE = 'A zone, as in fe80::1%eth0, means nothing on another machine; leave it out.';
const COMPATIBLE =
  'It is an IPv6 address of a form that is out of use, as in ::10.0.0.1, and contains no IPv4 address; write the IPv4 address alone.';

describe('a network that a person writes', () => {
  it.each([
    ['010.0.0.1', ZERO],
    ['10.0.0.08/29', ZERO],
    ['0x7f.1', HEX],
    ['0x7f000001', HEX],
    ['0X7F.0.0.1', HEX],
    ['2130706433', FOUR],
    ['127.1', FOUR],
    ['10/8', FOUR],
    ['::10.0.0.1', COMPATIBLE],
    ['::a00:1', COMPATIBLE],
    ['::10.0.0.0/104', COMPATIBLE],
    ['fe80::1%eth0', ZONE],
    ['1.2.3.4/33', 'The prefix is larger than 32.'],
    ['2001:db8::/129', 'The prefix is larger than 128.'],
    ['1.2.3.4/', 'After the slash stands the prefix as a plain decimal number, not a mask.'],
    ['1.2.3.4/255.255.255.0', 'After the slash stands the prefix as a plain decimal number, not a mask.'],
    ['', 'There is no address.'],
    ['/8', 'There is no address.'],
    [' ', 'It holds a blank.'],
    ['10.0.0.1 ', 'It holds a blank.'],
    ['10.0.0.1:443', 'Write the address without a port.'],
    ['[2001:db8::1]', 'Write an IPv6 address without brackets and without a port.'],
    ['localhost', NEITHER],
    ['10.0.0.1\0', NEITHER],
    ['\uff11.2.3.4', NEITHER],
    ['10.0.0.*', NEITHER],
    ['10.0.0.1-10.0.0.9', NEITHER],
  ])('IP-06 is refused as %j with a sentence that helps, and nothing changes', async (network, problem) => {
    const { lists, store } = oneNode();
    expect(await lists.add(LIST, { network })).toEqual({ ok: false, code: 'network_invalid', problem });
    expect([await lists.list(LIST), store.calls.put]).toMatchObject([{ configured: false }, 0]);
  });

  it('IP-06 may be an IPv4 address in IPv6 form, is taken as IPv4, and says so', async () => {
    const { lists } = oneNode();
    const result = (await lists.add(LIST, { network: '::ffff:203.0.113.7' })) as Added;
    expect(result).toMatchObject({
      added: [{ network: '203.0.113.7/32' }],
      warnings: [
        {
          warning: 'ipv4_mapped',
          sentence: '203.0.113.7/32 is taken, the IPv4 network, although it was written as IPv6.',
        },
      ],
    });
    expect(await verdict(lists, LIST, '203.0.113.7')).toBeNull();
    expect(await verdict(lists, LIST, '::203.0.113.7')).toBe('ip_denied');
  });
});

describe('allowlists.addText', () => {
  it('takes a network from each line, its label from behind the #, and leaves out blank lines and remarks', async () => {
    const { lists } = oneNode();
    const text =
      '\ufeff# the offices\r\n203.0.113.0/24  # Berlin\r\n\r\n  198.51.100.7#Lyon # second floor\r\n2001:db8::/48\n';
    expect(await lists.addText(LIST, text, { author: 'ada' })).toMatchObject({
      ok: true,
      added: [
        { network: '203.0.113.0/24', label: 'Berlin', author: 'ada' },
        { network: '198.51.100.7/32', label: 'Lyon # second floor' },
        { network: '2001:db8::/48', author: 'ada' },
      ],
      warnings: [],
    });
  });

  it('applies nothing of 10,000 lines with one bad one, and names its number in the text', async () => {
    const { lists, store, events } = oneNode();
    const lines = Array.from({ length: 10_000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/28`);
    const text = ['# remark', '', ...lines.with(9_000, '10.0.0.0/33')].join('\n');
    expect(await lists.addText(LIST, text)).toEqual({
      ok: false,
      code: 'network_invalid',
      line: 9_003,
      problem: 'Line 9003: The prefix is larger than 32.',
    });
    expect([await lists.list(LIST), store.calls.put, events]).toMatchObject([{ configured: false }, 0, []]);
  });

  it.each([
    ['two networks on one line', '10.0.0.1 10.0.0.2', 'Line 1: It holds a blank.'],
    ['a comma behind it', '10.0.0.1\n10.0.0.2,', `Line 2: ${NEITHER}`],
    [
      'a label with a control character',
      '10.0.0.1 # a\u001b[2J',
      'Line 1: The label is text of 1 to 100 characters on one line, without control characters.',
    ],
  ])('refuses %s', async (_, text, problem) => {
    const { lists } = oneNode();
    expect(await lists.addText(LIST, text)).toMatchObject({ ok: false, problem });
  });

  it('refuses a text with nothing in it', async () => {
    const { lists } = oneNode();
    expect(await lists.addText(LIST, '# nothing\n\n')).toMatchObject({ code: 'entries_missing' });
  });

  it('names the line of the text in a warning', async () => {
    const { lists } = oneNode();
    const result = await lists.addText(LIST, '\n203.0.113.0/24\n\n203.0.113.7 # in it\n');
    expect(result).toMatchObject({
      warnings: [
        {
          line: 4,
          warning: 'overlap',
          other: '203.0.113.0/24',
          sentence:
            '203.0.113.7/32 lies in 203.0.113.0/24, which is on the list as well: to remove it keeps nobody out.',
        },
      ],
    });
  });
});
