import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { sealer, type SealingKey, type SealingKeys } from '../../src/core/sealing.ts';

const KEY = Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0123456789abcdef0fedcba9876543210', 'hex');
const OTHER = Buffer.from('a1b2c3d4e5f60718293a4b5c6d7e8f90ffeeddccbbaa99887766554433221100', 'hex');
const CONTEXT = ['workspace-1', 'connection-7', 'refresh_token'];

describe('sealer', () => {
  it('opens what it sealed', () => {
    const box = sealer('sealing', { primary: KEY }, 'test');
    const opened = box.open(box.seal(Buffer.from('a secret'), CONTEXT), CONTEXT);
    expect(opened).toEqual({ plain: Buffer.from('a secret'), resealDue: false });
  });

  it('opens what other programs sealed by the same rules, so that what rests in a store stays readable', () => {
    // Made with another implementation of HKDF and AES-GCM, and an IV of 00 11 22 ... aa bb.
    const sealed = 'Ab9gQsUAESIzRFVmd4iZqrsIsrOwoVYDsC3sMBEnxJTcWRf5Ky_4p9Ec87NiEwLkwA';
    const opened = sealer('sealing', { primary: KEY }, 'test').open(sealed, CONTEXT);
    expect(opened?.plain.toString()).toBe('a secret at rest');
  });

  it('adds 33 bytes, and seals the same secret to another text each time', () => {
    const box = sealer('sealing', { primary: KEY }, 'test');
    const texts = Array.from({ length: 100 }, () => box.seal(Buffer.from('the same secret'), CONTEXT));
    expect(new Set(texts).size).toBe(100);
    expect(Buffer.from(texts[0] as string, 'base64url').length).toBe('the same secret'.length + 33);
    expect(texts.filter((text) => !/^[A-Za-z0-9_-]+$/.test(text))).toEqual([]);
  });

  it('refuses a text with any single bit changed, at every position', () => {
    const box = sealer('sealing', { primary: KEY, others: [OTHER] }, 'test');
    const bytes = Buffer.from(box.seal(Buffer.from('a secret of some length'), CONTEXT), 'base64url');
    const opened: string[] = [];
    for (let position = 0; position < bytes.length; position++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(position) ^ (1 << bit), position);
        if (box.open(changed.toString('base64url'), CONTEXT) !== null) opened.push(`${position}.${bit}`);
      }
    }
    expect(opened).toEqual([]);
  });

  it('refuses a text that is cut off anywhere, or longer, or empty', () => {
    const box = sealer('sealing', { primary: KEY }, 'test');
    const bytes = Buffer.from(box.seal(Buffer.from('a secret'), CONTEXT), 'base64url');
    const cut = Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));
    const longer = Buffer.concat([bytes, Buffer.from([0])]);
    const opened = [...cut, longer].filter((each) => box.open(each.toString('base64url'), CONTEXT) !== null);
    expect(opened).toEqual([]);
  });

  it('refuses every other spelling of the same bytes', () => {
    const box = sealer('sealing', { primary: KEY }, 'test');
    const text = box.seal(Buffer.from('five!'), CONTEXT);
    const spellings = [`${text}=`, `${text} `, ` ${text}`, `${text}\n`, text.replace(/^./, (c) => `${c}.`)];
    expect(box.open(text, CONTEXT)?.plain.toString()).toBe('five!');
    expect(spellings.map((each) => box.open(each, CONTEXT))).toEqual(spellings.map(() => null));
  });

  it.each([
    ['another row', ['workspace-1', 'connection-8', 'refresh_token']],
    ['another field', ['workspace-1', 'connection-7', 'access_token']],
    ['another workspace', ['workspace-2', 'connection-7', 'refresh_token']],
    ['no context', []],
    ['one part more', [...CONTEXT, '']],
    ['the same text cut otherwise', ['workspace-1connection-7', 'refresh_token']],
    ['the same text joined', ['workspace-1","connection-7","refresh_token']],
  ])('refuses a text that was moved to %s', (_, elsewhere) => {
    const box = sealer('sealing', { primary: KEY }, 'test');
    expect(box.open(box.seal(Buffer.from('a secret'), CONTEXT), elsewhere)).toBeNull();
  });

  it('opens nothing of another purpose, with the same key', () => {
    const connections = sealer('sealing', { primary: KEY }, 'connections');
    const signingKeys = sealer('sealing', { primary: KEY }, 'signing-keys');
    expect(signingKeys.open(connections.seal(Buffer.from('a secret'), CONTEXT), CONTEXT)).toBeNull();
  });

  it('opens nothing of a key that it does not have', () => {
    const sealed = sealer('sealing', { primary: OTHER }, 'test').seal(Buffer.from('a secret'), CONTEXT);
    expect(sealer('sealing', { primary: KEY }, 'test').open(sealed, CONTEXT)).toBeNull();
  });

  it('says of a text under a former key that it should be sealed again, and seals under the primary', () => {
    const former = sealer('sealing', { primary: OTHER }, 'test');
    const rotated = sealer('sealing', { primary: KEY, others: [OTHER] }, 'test');
    const opened = rotated.open(former.seal(Buffer.from('a secret'), CONTEXT), CONTEXT);
    expect(opened).toEqual({ plain: Buffer.from('a secret'), resealDue: true });
    const resealed = rotated.seal(opened?.plain as Buffer, CONTEXT);
    expect(rotated.open(resealed, CONTEXT)?.resealDue).toBe(false);
    expect(former.open(resealed, CONTEXT)).toBeNull();
  });

  it('takes one key in any of its forms', () => {
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
    ['a passphrase', Buffer.from('correct horse battery staple 123'), 'key_weak'],
    ['hexadecimal text used as bytes', Buffer.from(KEY.toString('hex').slice(0, 32)), 'key_weak'],
    ['zeros', Buffer.alloc(32), 'key_weak'],
    ['zeros as text', 'A'.repeat(43), 'key_weak'],
    ['a short pattern', Buffer.from('deadbeef'.repeat(8), 'hex'), 'key_weak'],
    ['31 bytes', KEY.subarray(1), 'key_invalid'],
    ['33 bytes', Buffer.concat([KEY, Buffer.from([1])]), 'key_invalid'],
    ['16 bytes as text', KEY.subarray(16).toString('base64'), 'key_invalid'],
    ['a text in no encoding', 'not a key at all!', 'key_invalid'],
    ['an empty text', '', 'key_invalid'],
    ['nothing', undefined, 'option_missing'],
    ['a number', 32, 'option_invalid'],
  ])('refuses %s as a key', (_, primary, code) => {
    const thrown = thrownBy({ primary } as SealingKeys);
    expect(thrown).toBeInstanceOf(ConfigError);
    expect((thrown as ConfigError).code).toBe(code);
    expect((thrown as ConfigError).message).toContain('signingKeys.sealing.primary');
  });

  it('holds the other keys to the same rules, and refuses options that it does not know', () => {
    expect(thrownBy({ primary: KEY, others: [OTHER, Buffer.alloc(32)] })).toMatchObject({
      code: 'key_weak',
      message: expect.stringContaining('signingKeys.sealing.others[1]') as string,
    });
    expect(thrownBy({ primary: KEY, former: [OTHER] } as unknown as SealingKeys)).toMatchObject({
      code: 'option_unknown',
    });
  });

  it('takes random keys', () => {
    const keys = Array.from({ length: 1000 }, () => randomBytes(32));
    expect(keys.map((primary) => thrownBy({ primary })).filter((thrown) => thrown !== null)).toEqual([]);
  });

  it('never says a key in a message', () => {
    const text = 'hunter2hunter2hunter2!';
    expect(String(thrownBy({ primary: text }))).not.toContain(text);
  });
});

function thrownBy(keys: SealingKeys): unknown {
  try {
    sealer('signingKeys.sealing', keys, 'test');
    return null;
  } catch (thrown) {
    return thrown;
  }
}
