import { createCipheriv, createDecipheriv, hkdfSync, KeyObject, randomBytes } from 'node:crypto';
import { ConfigError } from './errors.ts';
import { listOf, optional, parseOptions, wrong, type Reader } from './options.ts';

/** A sealing key: 32 random bytes, as bytes, as a secret `KeyObject`, or as base64, base64url or hexadecimal text. */
export type SealingKey = string | Uint8Array | KeyObject;

/** The keys under which secrets rest in the store. They are the host's and never go into the store. */
export interface SealingKeys {
  /** Seals, and opens what it sealed. One key is good for 2^32 seals; replace it once a year. */
  readonly primary: SealingKey;
  /**
   * Keys that only open: the former ones, and the coming one before it becomes the primary, so that all nodes can open
   * what the first of them seals with it; none by default.
   */
  readonly others?: readonly SealingKey[] | undefined;
}

/** What was sealed, and whether to seal it again because its key is no longer the primary one. */
export interface Opened {
  readonly plain: Buffer;
  readonly resealDue: boolean;
}

/** Seals secrets for one purpose; another purpose has other keys and opens nothing of it. */
export interface Sealer {
  /**
   * Seals bytes as base64url text, 33 bytes longer than they are.
   *
   * @param context What the text belongs to, such as table, row and field. It is bound to the text, not kept in it.
   */
  seal(plain: Uint8Array, context: readonly string[]): string;
  /**
   * Opens what was sealed in the same context, or gives `null`. Why it cannot be opened is not told: another key,
   * another context, a change in any bit, and a text that is cut off look the same.
   */
  open(sealed: string, context: readonly string[]): Opened | null;
}

/**
 * Builds a sealer: AES-256-GCM (NIST SP 800-38D) with random IVs, under a key derived for the purpose (RFC 5869).
 *
 * @param path The option that the keys come from, for messages.
 * @param purpose What is sealed with it, such as `signing-keys`; part of the derivation, so it never changes.
 * @throws {@link ConfigError} `option_missing`, `option_unknown`, `option_invalid`, `key_invalid` for a key of another
 *   length, `key_weak` for one that is not random.
 */
export function sealer(path: string, keys: SealingKeys, purpose: string): Sealer {
  const { primary, others } = parseOptions(path, keys, {
    primary: sealingKey,
    others: optional(listOf(sealingKey), []),
  });
  const first = forPurpose(primary, purpose);
  const all = [first, ...others.map((key) => forPurpose(key, purpose))];

  return {
    seal(plain, context) {
      const header = headerOf(first.id);
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(CIPHER, first.key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(bind(header, context));
      const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
      return Buffer.concat([header, iv, cipher.getAuthTag(), sealed]).toString('base64url');
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64url');
      // Decoding skips what is not base64url, so one secret would have several texts.
      if (bytes.length < LEAST_BYTES || bytes.toString('base64url') !== sealed) return null;
      if (bytes[0] !== VERSION) return null;
      const id = bytes.readUInt32BE(1);
      // The id is four bytes of a hash, so that two keys may share one.
      for (const each of all) {
        const plain = each.id === id ? decrypt(each.key, bytes, context) : null;
        if (plain !== null) return { plain, resealDue: each !== first };
      }
      return null;
    },
  };
}

const CIPHER = 'aes-256-gcm';
const VERSION = 1;
const KEY_BYTES = 32;
const HEADER_BYTES = 5;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const LEAST_BYTES = HEADER_BYTES + IV_BYTES + TAG_BYTES;

interface PurposeKey {
  readonly id: number;
  readonly key: Buffer;
}

function forPurpose(key: Buffer, purpose: string): PurposeKey {
  return { id: derive(key, 'key id').readUInt32BE(0), key: derive(key, `purpose ${purpose}`) };
}

function derive(key: Buffer, info: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `portcullis sealing 1 ${info}`, KEY_BYTES));
}

function headerOf(keyId: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32BE(keyId, 1);
  return header;
}

/** The authenticated data: header and context, as JSON so that no two contexts are the same bytes. */
function bind(header: Buffer, context: readonly string[]): Buffer {
  return Buffer.concat([header, Buffer.from(JSON.stringify(context), 'utf8')]);
}

function decrypt(key: Buffer, bytes: Buffer, context: readonly string[]): Buffer | null {
  const iv = bytes.subarray(HEADER_BYTES, HEADER_BYTES + IV_BYTES);
  const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(bind(bytes.subarray(0, HEADER_BYTES), context));
  decipher.setAuthTag(bytes.subarray(HEADER_BYTES + IV_BYTES, LEAST_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(LEAST_BYTES)), decipher.final()]);
  } catch {
    return null;
  }
}

const sealingKey: Reader<Buffer> = (value, path) => {
  const bytes = keyBytes(value, path);
  if (bytes.length !== KEY_BYTES) {
    throw new ConfigError(
      'key_invalid',
      `${path} must be ${KEY_BYTES} bytes, not ${bytes.length}. ${MAKE_ONE}`,
    );
  }
  if (new Set(bytes).size < LEAST_DISTINCT || bytes.every(isPrintable)) {
    throw new ConfigError('key_weak', `${path} is text or a pattern, not random bytes. ${MAKE_ONE}`);
  }
  return bytes;
};

const MAKE_ONE = 'Make one with `openssl rand -base64 32` and hand in that text as it stands.';

/** 32 random bytes have fewer distinct values than this, or are all printable, once in ten trillion keys at most. */
const LEAST_DISTINCT = 16;

function isPrintable(byte: number): boolean {
  return byte >= 0x20 && byte <= 0x7e;
}

function keyBytes(value: unknown, path: string): Buffer {
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (value instanceof KeyObject && value.type === 'secret') return value.export();
  if (typeof value !== 'string') {
    throw wrong(path, `a key of ${KEY_BYTES} random bytes, as text or as bytes`, value);
  }
  if (/^[0-9a-fA-F]{64}$/.test(value)) return Buffer.from(value, 'hex');
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return Buffer.from(value, 'base64');
  throw new ConfigError('key_invalid', `${path} is neither base64 nor hexadecimal text. ${MAKE_ONE}`);
}
