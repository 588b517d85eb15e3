import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { sealer } from '../../src/core/sealing.ts';

const KEY = randomBytes(32);

describe('sealer', () => {
  it('opens what it sealed, whatever the bytes and the context', () => {
    const box = sealer('sealing', { primary: KEY }, 'test');
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.string({ unit: 'binary' }), { maxLength: 4 }),
        (plain, context) => {
          const opened = box.open(box.seal(plain, context), context);
          return opened !== null && !opened.resealDue && opened.plain.equals(plain);
        },
      ),
    );
  });
});
