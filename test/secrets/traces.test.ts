import { describe, expect, it } from 'vitest';
import { tracesIn } from './traces.ts';

const VALUE = 'pässwörd/+&= ÿþ \u{1f511}';
const SECRET = { what: 'the password', value: VALUE };

function found(text: string | Uint8Array): boolean {
  return tracesIn(Buffer.from(text), [SECRET]).length > 0;
}

describe('tracesIn', () => {
  it.each([
    ['as it is', `before ${VALUE} after`],
    ['in JSON', JSON.stringify({ password: VALUE })],
    ['in a URL', `/login?password=${encodeURIComponent(VALUE)}`],
    ['in a form', new URLSearchParams({ password: VALUE }).toString()],
    ['in hexadecimal', Buffer.from(`x${VALUE}`).toString('hex')],
    ['in base64', Buffer.from(VALUE).toString('base64')],
    ['in a Basic header', `Basic ${Buffer.from(`ada:${VALUE}`).toString('base64')}`],
    ['in base64 of more than itself', Buffer.from(`ab${VALUE}cd`).toString('base64')],
    ['in base64url', Buffer.from(`a${VALUE}`).toString('base64url')],
    [
      'among bytes that are no text',
      Buffer.concat([Buffer.from([0, 255]), Buffer.from(VALUE), Buffer.from([0])]),
    ],
  ])('finds a secret %s', (_how, text) => {
    expect(found(text)).toBe(true);
  });

  it('finds none where there is none', () => {
    expect(found(`password ${VALUE.slice(0, -2)}`)).toBe(false);
    expect(tracesIn(Buffer.alloc(0), [SECRET])).toEqual([]);
  });

  it('says which secret and how, and not the secret', () => {
    expect(tracesIn(Buffer.from(VALUE), [SECRET, { what: 'another', value: 'not there' }])).toEqual([
      'the password, as it is',
      'the password, in JSON',
    ]);
  });
});
