import { createHmac, type KeyObject } from 'node:crypto';
import { sha256 } from '../core/secrets.ts';

/** Texts that stand for a generation of a session; nothing of them is kept but their hashes. */
export interface OpaqueTexts<U extends string> {
  /** The text of a use in a generation; the same each time it is asked for, so that a repeat gets the same. */
  readonly textOf: (use: U, sessionId: string, generation: number) => string;
  /** Whether a text has exactly the form that is issued, so that one token has one spelling. */
  readonly isText: (text: string) => boolean;
  /** The hash under which the store finds a text. The use is part of it, so that no text passes for one of another use. */
  readonly handleOf: (use: U, text: string) => string;
}

/** How the bytes behind a text are written. */
export interface OpaqueForm {
  write(bytes: Buffer): string;
  readonly pattern: RegExp;
}

/** @param secret The key that texts are derived with. */
export function opaqueTexts<U extends string>(secret: KeyObject, form: OpaqueForm): OpaqueTexts<U> {
  return {
    textOf: (use, sessionId, generation) =>
      form.write(createHmac('sha256', secret).update(`${use}\n${sessionId}\n${generation}`).digest()),
    isText: (text) => form.pattern.test(text),
    handleOf: (use, text) => sha256(`${use} ${text}`),
  };
}

/** The first 122 bits written as a version 4 UUID (RFC 9562 section 5.4). */
export const AS_UUID: OpaqueForm = {
  write(bytes) {
    const octets = Buffer.from(bytes.subarray(0, 16));
    octets[6] = ((octets[6] as number) & 0x0f) | 0x40;
    octets[8] = ((octets[8] as number) & 0x3f) | 0x80;
    const hex = octets.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  },
  pattern: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
};

/** All 256 bits in base64url; the last character of 43 holds four of them, and no other spelling has the same. */
export const AS_BASE64URL: OpaqueForm = {
  write: (bytes) => bytes.toString('base64url'),
  pattern: /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/,
};
