import { describe, expect, it } from 'vitest';
import { type Address, parseAddress } from '../../src/network/address.ts';
import { findMatch, NetworkSet } from '../../src/network/network-set.ts';
import { networkOf } from './network-of.ts';

describe('NetworkSet', () => {
  it('contains nothing when it is empty', () => {
    const set = NetworkSet.of([]);

    expect(set.hasText('10.0.0.1')).toBe(false);
    expect(set.hasText('::1')).toBe(false);
    expect([set.size, set.intervals]).toEqual([0, 0]);
  });

  it.each([
    ['the first address', '10.1.2.0', true],
    ['the last address', '10.1.2.255', true],
    ['the address before', '10.1.1.255', false],
    ['the address after', '10.1.3.0', false],
    ['the first of all addresses', '0.0.0.0', true],
    ['the second of all addresses', '0.0.0.1', false],
    ['the last of all addresses', '255.255.255.255', true],
    ['the last but one', '255.255.255.254', false],
    ['the IPv4-mapped spelling', '::ffff:10.1.2.3', true],
    ['the IPv4-compatible look-alike', '::10.1.2.3', false],
    ['the first IPv6 address', '2001:db8:1::', true],
    ['the last IPv6 address', '2001:db8:1:ffff:ffff:ffff:ffff:ffff', true],
    ['the IPv6 address before', '2001:db8:0:ffff:ffff:ffff:ffff:ffff', false],
    ['the IPv6 address after', '2001:db8:2::', false],
    ['the last of all IPv6 addresses', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', true],
    ['text that is no address', '010.1.2.3', false],
    ['no text', '', false],
  ])('IP-01 answers for %s', (_, text, expected) => {
    const texts = [
      '10.1.2.0/24',
      '0.0.0.0',
      '255.255.255.255',
      '2001:db8:1::/48',
      'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    ];

    expect(NetworkSet.of(texts.map(networkOf)).hasText(text)).toBe(expected);
  });

  it.each([
    ['equal networks', ['10.0.0.0/8', '10.0.0.0/8'], 1],
    ['a network inside another', ['10.1.0.0/16', '10.0.0.0/8'], 1],
    ['a network at the start of another', ['10.0.0.0/16', '10.0.0.0/8'], 1],
    ['a network at the end of another, then a third', ['10.0.0.0/8', '10.255.255.255', '11.0.0.0'], 1],
    ['neighbours', ['10.0.0.128/25', '10.0.0.0/25'], 1],
    ['networks with one address between', ['10.0.0.0', '10.0.0.2'], 2],
    ['both halves of IPv4', ['128.0.0.0/1', '0.0.0.0/1'], 1],
    ['everything and the last address', ['0.0.0.0/0', '255.255.255.255'], 1],
    ['equal IPv6 networks', ['2001:db8::/32', '2001:db8::/32'], 1],
    ['an IPv6 network inside another', ['2001:db8:1::/48', '2001:db8::/32'], 1],
    ['an IPv6 network at the end of another, then a third', ['::/127', '::1', '::2'], 1],
    ['IPv6 neighbours', ['2001:db8:0:1::/64', '2001:db8::/64'], 1],
    ['IPv6 neighbours across a word', ['::1:0:0', '::ffff:ffff'], 1],
    ['IPv6 neighbours across two words', ['0:0:0:1::', '::ffff:ffff:ffff:ffff'], 1],
    ['IPv6 neighbours across three words', ['0:1::', '::ffff:ffff:ffff:ffff:ffff:ffff'], 1],
    ['IPv6 neighbours whose words are all set', ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:9'], 1],
    ['IPv6 neighbours across a word, the others set', ['1:2:3:4:5:6:ffff:ffff', '1:2:3:4:5:7::'], 1],
    ['IPv6 networks with a gap behind one word', ['::ffff:ffff', '::2:0:0'], 2],
    ['IPv6 networks with a gap behind two words', ['::ffff:ffff:ffff:ffff', '0:0:0:2::'], 2],
    ['IPv6 networks with a gap behind three words', ['::ffff:ffff:ffff:ffff:ffff:ffff', '0:2::'], 2],
    ['the ends of IPv6', ['::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'], 2],
    ['both halves of IPv6', ['8000::/1', '::/1'], 1],
    ['IPv6 addresses with one between', ['::', '::2'], 2],
    ['the families', ['0.0.0.0/0', '::/0'], 2],
  ])('merges %s', (_, texts, intervals) => {
    const set = NetworkSet.of(texts.map(networkOf));

    expect([set.size, set.intervals]).toEqual([texts.length, intervals]);
    for (const network of texts.map(networkOf)) {
      expect([set.has(network.first), set.has(network.last)]).toEqual([true, true]);
    }
  });

  it.each([
    '0:2:3:4:5:6:7:8',
    '2:2:3:4:5:6:7:8',
    '1:2:2:4:5:6:7:8',
    '1:2:4:4:5:6:7:8',
    '1:2:3:4:4:6:7:8',
    '1:2:3:4:6:6:7:8',
    '1:2:3:4:5:6:6:8',
    '1:2:3:4:5:6:8:8',
    '1:2:3:4:5:6:7:7',
    '1:2:3:4:5:6:7:9',
  ])('IP-01 tells %s from 1:2:3:4:5:6:7:8, wherever that stands in the list', (other) => {
    const address = '1:2:3:4:5:6:7:8';
    for (const more of [[], ['::1'], ['ffff::'], ['::1', '::3', 'ffff::'], ['::1', 'fffe::', 'ffff::']]) {
      const set = NetworkSet.of([address, ...more].map(networkOf));

      expect([set.hasText(address), set.hasText(other)]).toEqual([true, false]);
    }
  });

  it('never changes, although the list that it was made of does', () => {
    const networks = [networkOf('10.0.0.0/8')];
    const set = NetworkSet.of(networks);

    networks.push(networkOf('192.0.2.0/24'));

    expect(set.hasText('192.0.2.1')).toBe(false);
    expect(Object.isFrozen(set)).toBe(true);
  });
});

describe('findMatch', () => {
  const networks = ['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.0.0/16', '::/0', '2001:db8::/32'].map(
    networkOf,
  );

  it.each([
    ['the network with the longest prefix', '10.1.2.3', 2],
    ['the only one that is left', '192.0.2.1', 0],
    ['a network of the family', '2001:db8::1', 5],
    ['a network of the family and not one with a longer prefix of the other', '2002::', 4],
  ])('names %s', (_, text, index) => {
    expect(findMatch(networks, parseAddress(text) as Address)).toBe(networks[index]);
  });

  it('names the same one in every order of the list', () => {
    const match = findMatch(networks.toReversed(), parseAddress('10.1.2.3') as Address);

    expect(match?.text).toBe('10.1.0.0/16');
  });

  it('names none when none contains the address', () => {
    expect(findMatch(networks.slice(1, 4), parseAddress('11.0.0.1') as Address)).toBeNull();
    expect(findMatch([], parseAddress('11.0.0.1') as Address)).toBeNull();
  });

  it('keeps what the caller has attached to a network', () => {
    const entries = [{ ...networkOf('10.0.0.0/8'), label: 'office' }];

    expect(findMatch(entries, parseAddress('10.0.0.1') as Address)?.label).toBe('office');
  });
});
