/** A secret and what it is, for the message of a failing test; the message never holds the secret itself. */
export interface Secret {
  readonly what: string;
  readonly value: string;
}

/** The names of the secrets of which bytes hold a trace, in any of the forms in which secrets get about. */
export function tracesIn(bytes: Uint8Array, secrets: readonly Secret[]): readonly string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return secrets.flatMap(({ what, value }) =>
    formsOf(value)
      .filter(([, form]) => text.includes(Buffer.from(form).toString('latin1')))
      .map(([how]) => `${what}, ${how}`),
  );
}

function formsOf(value: string): readonly (readonly [how: string, form: string])[] {
  const bytes = Buffer.from(value);
  return [
    ['as it is', value],
    ['in JSON', JSON.stringify(value).slice(1, -1)],
    ['in a URL', encodeURIComponent(value)],
    ['in a form', new URLSearchParams({ x: value }).toString().slice(2)],
    ['in hexadecimal', bytes.toString('hex')],
    ...[0, 1, 2].map((shift) => [`in base64 after ${shift} bytes`, innerBase64(bytes, shift)] as const),
    ...[0, 1, 2].map(
      (shift) => [`in base64url after ${shift} bytes`, toUrlAlphabet(innerBase64(bytes, shift))] as const,
    ),
  ];
}

/**
 * The part of a base64 text that depends on these bytes alone, when so many other bytes stand before them: it is there
 * however much is encoded with the secret, as in a Basic header.
 */
function innerBase64(bytes: Uint8Array, shift: number): string {
  const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor(((shift + bytes.length) * 8) / 6);
  return encoded.slice(first, last);
}

function toUrlAlphabet(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}
