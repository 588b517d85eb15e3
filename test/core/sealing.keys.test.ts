import { createSecretKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sealer, type SealingKey, type SealingKeys } from '../../src/core/sealing.ts';
import { complaint } from '../support/complaint.ts';

const KEY = Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0123456789abcdef0fedcba9876543210', 'hex');
const OTHER = Buffer.from('a1b2c3d4e5f60718293a4b5c6d7e8f90ffeeddccbbaa99887766554433221100', 'hex');
const CONTEXT = ['workspace-1', 'connection-7', 'refresh_token'];
const MAKE_ONE = 'Make one with `openssl rand -base64 32` and hand in that text as it stands.';
const WEAK = `key_weak: o.sealing.primary is text or a pattern, not random bytes. ${MAKE_ONE}`;
const UNREADABLE = `key_invalid: o.sealing.primary is neither base64 nor hexadecimal text. ${MAKE_ONE}`;
const MUST = 'a key of 32 random bytes, as text or as bytes';

function judge(keys: unknown): string {
  return complaint(() => sealer('o.sealing', keys as SealingKeys, 'test'));
}

function tooLong(bytes: number): string {
  return `key_invalid: o.sealing.primary must be 32 bytes, not ${bytes}. ${MAKE_ONE}`;
}

describe('the keys of a sealer', () => {
  it('may be given in any of their forms', () => {
    const sealed = sealer('sealing', { primary: KEY }, 'test').seal(Buffer.from('a secret'), CONTEXT);
    const forms: readonly SealingKey[] = [
      new Uint8Array(KEY),
      createSecretKey(KEY),
      KEY.toString('base64'),
      KEY.toString('base64url'),
      KEY.toString('hex'),
      KEY.toString('hex').toUpperCase(),
    ];
    const opened = forms.map((primary) => sealer('sealing', { primary }, 'test').open(sealed, CONTEXT));
    expect(opened.map((each) => each?.plain.toString())).toEqual(forms.map(() => 'a secret'));
  });

  it.each<[string, unknown, string]>([
    ['a passphrase', Buffer.from('correct horse battery staple ~23'), WEAK],
    ['hexadecimal text used as bytes', Buffer.from(KEY.toString('hex').slice(0, 32)), WEAK],
    ['zeros', Buffer.alloc(32), WEAK],
    ['zeros as text', 'A'.repeat(43), WEAK],
    ['a short pattern', Buffer.from('deadbeef'.repeat(8), 'hex'), WEAK],
    ['15 values', Buffer.from(Array.from({ length: 32 }, (_, index) => index % 15)), WEAK],
    ['31 bytes', KEY.subarray(1), tooLong(31)],
    ['33 bytes', Buffer.concat([KEY, Buffer.from([1])]), tooLong(33)],
    ['16 bytes as text', KEY.subarray(16).toString('base64'), tooLong(16)],
    ['33 bytes of hexadecimal text', `${KEY.toString('hex')}ab`, tooLong(49)],
    ['hexadecimal text behind a letter', `x${KEY.toString('hex')}`, tooLong(48)],
    ['a text in no encoding', 'not a key at all!', UNREADABLE],
    ['base64 with something in front', `!${KEY.toString('base64')}`, UNREADABLE],
    ['base64 with something behind', `${KEY.toString('base64')}!`, UNREADABLE],
    ['base64 with a line behind', `${KEY.toString('base64')}\n`, UNREADABLE],
    ['an empty text', '', UNREADABLE],
    ['nothing', undefined, `option_missing: o.sealing.primary is required: give ${MUST}.`],
    ['a number', 32, `option_invalid: o.sealing.primary must be ${MUST}, not the number 32.`],
    [
      'a private key',
      generateKeyPairSync('ed25519').privateKey,
      `option_invalid: o.sealing.primary must be ${MUST}, not an object.`,
    ],
  ])('are refused when the primary is %s', (_, primary, message) => {
    expect(judge({ primary })).toBe(message);
  });

  it.each([
    ['16 values', Array.from({ length: 32 }, (_, index) => index % 16)],
    ['text but for one control character', [...Buffer.from('correct horse battery staple ~2'), 0x1f]],
    ['text but for one byte above it', [...Buffer.from('correct horse battery staple ~2'), 0x7f]],
  ])('may just be %s', (_, bytes) => {
    expect(judge({ primary: Buffer.from(bytes) })).toBe('nothing was thrown');
  });

  it('are held to the same rules when they only open, and no other options are known', () => {
    expect(judge({ primary: KEY, others: [OTHER] })).toBe('nothing was thrown');
    expect(judge({ primary: KEY, others: [OTHER, Buffer.alloc(32)] })).toMatch(
      /^key_weak: o\.sealing\.others\[1\] /,
    );
    expect(judge({ primary: KEY, former: [OTHER] })).toMatch(/^option_unknown: o\.sealing: /);
  });

  it('may be any random bytes', () => {
    const keys = Array.from({ length: 1000 }, () => randomBytes(32));
    expect(keys.map((primary) => judge({ primary })).filter((said) => said !== 'nothing was thrown')).toEqual(
      [],
    );
  });

  it('are never said in a message', () => {
    const text = 'hunter2hunter2hunter2!';
    expect(judge({ primary: text })).not.toContain(text);
  });
});
