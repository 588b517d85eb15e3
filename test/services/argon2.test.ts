import { describe, expect, it } from 'vitest';
import { argon2Passwords } from '../../src/services/passwords/argon2.ts';

const passwords = argon2Passwords({ memoryKib: 8192, passes: 1 });

describe('argon2Passwords', () => {
  it('AU-06 verifies a password exactly as it is, with its case, blanks and NUL', async () => {
    const hash = await passwords.hash(' Pass\0word ');
    expect(await passwords.verify(hash, ' Pass\0word ')).toBe(true);
    for (const near of ['Pass\0word', ' pass\0word ', ' Pass', ' Pass\0word']) {
      expect(await passwords.verify(hash, near)).toBe(false);
    }
  });

  it('AU-07 tells passwords apart beyond 72 bytes', async () => {
    const hash = await passwords.hash(`${'a'.repeat(100)}1`);
    expect(await passwords.verify(hash, `${'a'.repeat(100)}1`)).toBe(true);
    expect(await passwords.verify(hash, `${'a'.repeat(100)}2`)).toBe(false);
  });

  it('says no for a user that does not exist, after verifying against a hash of the same cost', async () => {
    expect(await passwords.verify(null, 'anything')).toBe(false);
  });

  it('keeps Argon2id with its parameters in the hash', async () => {
    expect(await passwords.hash('x')).toMatch(/^\$argon2id\$v=19\$m=8192,t=1,p=1\$/);
  });

  it('hashes no more at one time than it may, in the order in which they came', async () => {
    const one = argon2Passwords({ memoryKib: 8192, passes: 1, maxConcurrent: 1 });
    const kept = await one.hash('right');
    const order: string[] = [];
    const ask = async (name: string, hash: string, password: string): Promise<void> => {
      await one.verify(hash, password).catch(() => undefined);
      order.push(name);
    };
    await Promise.all([
      ask('first', kept, 'right'),
      ask('broken', 'no hash at all', 'right'),
      ask('third', kept, 'wrong'),
      ask('fourth', kept, 'right'),
    ]);
    expect(order).toEqual(['first', 'broken', 'third', 'fourth']);
    expect(await one.verify(kept, 'right')).toBe(true);
  });

  it('refuses a memory size that protects nobody', () => {
    expect(() => argon2Passwords({ memoryKib: 16 })).toThrow(
      /argon2Passwords\.memoryKib must be a whole number/,
    );
  });
});
