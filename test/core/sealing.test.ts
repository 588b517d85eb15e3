import { describe, expect, it } from 'vitest';
import { sealer } from '../../src/core/sealing.ts';

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

  it.each([
    ['another version', 'Ar9gQsUAESIzRFVmd4iZqrsLdLtMDP0F2eTH9nKeUn6BWRf5Ky_4p9Ec87NiEwLkwA'],
    ['the name of another key', 'AQAAAAAAESIzRFVmd4iZqruq9QgwSZzohABofL8FTeO6WRf5Ky_4p9Ec87NiEwLkwA'],
  ])('refuses a text of %s, though the key and all else is right', (_, sealed) => {
    // The same secret, made as the one above but for the first byte, or the four after it.
    expect(sealer('sealing', { primary: KEY }, 'test').open(sealed, CONTEXT)).toBeNull();
  });

  it('seals nothing at all as well, and binds contexts in any script', () => {
    const box = sealer('sealing', { primary: KEY }, 'test');
    const sealed = box.seal(Buffer.alloc(0), ['\u6f22', '\u00e9']);
    expect(box.open(sealed, ['\u6f22', '\u00e9'])?.plain).toHaveLength(0);
    expect(box.open(sealed, ['\u6f23', '\u00e9'])).toBeNull();
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
});
