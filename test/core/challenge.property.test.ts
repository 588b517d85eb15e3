import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatChallenge } from '../../src/core/challenge.ts';

describe('formatChallenge', () => {
  it('BT-13 reads back as what was written, less what a header cannot hold', () => {
    const name = fc.constantFrom('realm', 'error', 'scope', 'nonce');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (params) => {
        const written = formatChallenge('Bearer', params);
        expect(written).not.toMatch(/[^\x20-\x7e]/);
        expect(readChallenge(written)).toEqual([
          'Bearer',
          ...params.map(([key, value]) => [key, value.replaceAll(/[^\x20-\x7e]/g, '')]),
        ]);
      }),
    );
  });
});

/** A reader of challenges by the grammar of RFC 9110 sections 5.6.4 and 11.2, written without a look at the writer. */
function readChallenge(text: string): readonly unknown[] {
  const scheme = /^[A-Za-z]+/.exec(text)?.[0] ?? '';
  const params: (readonly [string, string])[] = [];
  let at = scheme.length;
  while (at < text.length) {
    at += params.length === 0 ? 1 : 2;
    const equals = text.indexOf('=', at);
    const key = text.slice(at, equals);
    let value = '';
    for (at = equals + 2; text[at] !== '"'; at += 1) {
      if (text[at] === '\\') at += 1;
      value += text[at];
    }
    at += 1;
    params.push([key, value]);
  }
  return [scheme, ...params];
}
