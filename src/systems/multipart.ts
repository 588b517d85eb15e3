import { Busboy } from '@fastify/busboy';
import { authError, type AuthError } from '../core/errors.ts';

/** The text fields of a multipart body, in the order they came. */
export interface MultipartForm {
  readonly kind: 'form';
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** More than any endpoint has, and few enough that a body of many tiny parts costs nothing. */
const LIMITS = { parts: 100, fieldNameSize: 200, headerPairs: 20 };

/**
 * Parses a multipart body that is in memory already, and so within the limit of a body. Files are left out.
 *
 * @returns `body_syntax` for a body without its boundary or its end, and for more than 100 parts.
 * @see RFC 7578
 */
export function parseMultipart(bytes: Uint8Array, contentType: string): Promise<MultipartForm | AuthError> {
  return new Promise((resolve) => {
    const fields: (readonly [string, string])[] = [];
    const refuse = (): void => resolve(authError('body_syntax'));
    try {
      const parser = new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
      parser.on('field', (name, value, nameTruncated, valueTruncated) => {
        if (nameTruncated || valueTruncated) refuse();
        else fields.push([name, value]);
      });
      parser.on('file', (_name, stream) => stream.resume());
      parser.on('partsLimit', refuse);
      parser.on('error', refuse);
      parser.on('finish', () => resolve({ kind: 'form', fields }));
      parser.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } catch {
      refuse();
    }
  });
}
