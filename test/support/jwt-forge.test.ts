import { describe, expect, it } from 'vitest';
import { forge, TEST_SECRET } from './jwt-forge.ts';

describe('the forge of these tests', () => {
  it('makes what the other tests say it makes', () => {
    const [header = '', payload = ''] = forge({
      payload: { a: 1 },
      key: TEST_SECRET,
      algorithm: 'HS256',
    }).split('.');
    expect([header, payload].map((part) => Buffer.from(part, 'base64url').toString())).toEqual([
      '{"alg":"HS256","typ":"JWT"}',
      '{"a":1}',
    ]);
  });
});
