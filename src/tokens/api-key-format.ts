import { crc32 } from 'node:zlib';
import { text, wrong, type Reader } from '../core/options.ts';
import { randomBase62, toBase62 } from './base62.ts';

/**
 * How the text of a key is built.
 *
 * - `checksummed`: `<product prefix>_<id>_<secret><checksum>` with an id of 8, a secret of 43 (256 bits) and a CRC-32 of
 *   6 characters of [0-9A-Za-z]. A mistyped or invented key is refused without a look-up, and a scanner of repositories
 *   or logs can tell a leaked key from other text.
 * - `prefix-secret`: `<id>.<secret>` with 8 and 32 such characters (190 bits).
 */
export type ApiKeyFormat = 'checksummed' | 'prefix-secret';

/** What the text of a key says without a look-up. */
export interface ApiKeyText {
  readonly format: ApiKeyFormat;
  /** The public id, under which the key is kept; it is no secret. */
  readonly id: string;
}

/** Reads and makes the texts of one product's keys. */
export interface ApiKeyTexts {
  /** `null` for a text that is no key of this product, or whose checksum is wrong. */
  read(key: string): ApiKeyText | null;
  /** What a key would say that has this length and punctuation, whatever its other characters; `null` for none. */
  outline(key: string): ApiKeyText | null;
  /** A new key with a fresh secret. */
  make(format: ApiKeyFormat, id: string): string;
}

export function apiKeyTexts(productPrefix: string): ApiKeyTexts {
  const checksummed = new RegExp(`^${checksummedSource(productPrefix)}$`);
  const start = `${productPrefix}_`;
  const idEnd = start.length + ID_LENGTH;
  const checksummedLength = idEnd + 1 + SECRET_LENGTH + CHECKSUM_LENGTH;

  function outline(key: string): ApiKeyText | null {
    if (key.length === checksummedLength && key.startsWith(start) && key[idEnd] === '_') {
      return { format: 'checksummed', id: key.slice(start.length, idEnd) };
    }
    if (key.length === PREFIX_SECRET_LENGTH && key[ID_LENGTH] === '.') {
      return { format: 'prefix-secret', id: key.slice(0, ID_LENGTH) };
    }
    return null;
  }

  return {
    read: (key) =>
      PREFIX_SECRET.test(key) || (checksummed.test(key) && hasRightChecksum(key)) ? outline(key) : null,
    outline,
    make(format, id) {
      if (format === 'prefix-secret') return `${id}.${randomBase62(SHORT_SECRET_LENGTH)}`;
      const body = `${productPrefix}_${id}_${randomBase62(SECRET_LENGTH)}`;
      return body + checksumOf(body);
    },
  };
}

/** A public id for a new key. It fits both formats, so that a key can change its format when it is rotated. */
export function newApiKeyId(): string {
  return randomBase62(ID_LENGTH);
}

/**
 * The regular expression for whoever scans repositories and logs: it finds every text that has the form of a
 * checksummed key, also in the middle of other text. {@link findApiKeys} then tells keys from look-alikes.
 *
 * It has neither look-around nor back references, so its `source` also works in scanners that know neither.
 *
 * @throws {@link ConfigError} `option_missing`, `option_invalid` for a prefix that no service takes.
 */
export function apiKeyPattern(productPrefix: string): RegExp {
  return new RegExp(
    checksummedSource(productPrefixOption(productPrefix, 'apiKeyPattern(productPrefix)')),
    'g',
  );
}

/** The checksummed keys of a product that a text holds, each as it stands there; look-alikes are left out. */
export function findApiKeys(productPrefix: string, content: string): readonly string[] {
  return [...content.matchAll(apiKeyPattern(productPrefix))].map(([key]) => key).filter(hasRightChecksum);
}

/** Reads the option `productPrefix`. */
export const productPrefixOption: Reader<string> = (value, path) => {
  const prefix = text(value, path);
  if (prefix.length > MOST_PREFIX_CHARACTERS || !PRODUCT_PREFIX.test(prefix)) {
    throw wrong(
      path,
      `a name of at most ${MOST_PREFIX_CHARACTERS} characters in lower case, as in "acme" or "acme_live"`,
      value,
    );
  }
  return prefix;
};

const ID_LENGTH = 8;
/** 43 characters are the fewest that are worth 256 bits. */
const SECRET_LENGTH = 43;
const SHORT_SECRET_LENGTH = 32;
/** 62 ** 6 is above 2 ** 32. */
const CHECKSUM_LENGTH = 6;

const MOST_PREFIX_CHARACTERS = 32;
const PRODUCT_PREFIX = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const PREFIX_SECRET_LENGTH = ID_LENGTH + 1 + SHORT_SECRET_LENGTH;
const PREFIX_SECRET = new RegExp(`^[0-9A-Za-z]{${ID_LENGTH}}\\.[0-9A-Za-z]{${SHORT_SECRET_LENGTH}}$`);

/** All of a prefix's characters stand for themselves in a regular expression. */
function checksummedSource(productPrefix: string): string {
  return `${productPrefix}_[0-9A-Za-z]{${ID_LENGTH}}_[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}`;
}

/** A checksum is no secret: whoever has the text can work it out, so it may be compared as any other text. */
function hasRightChecksum(key: string): boolean {
  return key.slice(-CHECKSUM_LENGTH) === checksumOf(key.slice(0, -CHECKSUM_LENGTH));
}

function checksumOf(body: string): string {
  return toBase62(crc32(body), CHECKSUM_LENGTH);
}
