import { createPrivateKey, createPublicKey } from 'node:crypto';

/**
 * Which written form of an asymmetric key these bytes are, or `null`. A public key is known to everybody, so an HMAC made
 * with its text proves nothing; taking one for a secret is the classic confusion attack.
 *
 * @see RFC 8725 section 2.1
 */
export function keyFormOf(bytes: Buffer): string | null {
  const text = bytes.toString('latin1');
  if (/-----BEGIN [A-Z0-9 ]+-----/.test(text)) return 'a PEM key';
  if (/^\s*(ssh|ecdsa|sk)-\S+\s+AAAA/.test(text)) return 'an SSH key';
  if (/^\s*\{/.test(text) && /"(kty|keys)"\s*:/.test(text)) return 'a JWK';
  if (isDerKey(bytes)) return 'a DER key';
  return /^[\w+/=\s-]+$/.test(text) && isDerKey(Buffer.from(text, 'base64')) ? 'a DER key in base64' : null;
}

function isDerKey(key: Buffer): boolean {
  // Every DER key is a SEQUENCE, and hardly any secret begins like one, so the parsers are rarely asked.
  if (key[0] !== 0x30) return false;
  const format = 'der' as const;
  const readers = [
    () => createPublicKey({ key, format, type: 'spki' }),
    () => createPublicKey({ key, format, type: 'pkcs1' }),
    () => createPrivateKey({ key, format, type: 'pkcs8' }),
    () => createPrivateKey({ key, format, type: 'pkcs1' }),
    () => createPrivateKey({ key, format, type: 'sec1' }),
  ];
  return readers.some((read) => {
    try {
      read();
      return true;
    } catch {
      return false;
    }
  });
}
