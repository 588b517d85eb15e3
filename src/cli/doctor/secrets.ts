import { ConfigError } from '../../core/errors.ts';
import { timingSafeEqual } from 'node:crypto';
import { keyMaterial, type KeyInput } from '../../tokens/key-material.ts';
import { doubtful, sound, wrongFinding, type Finding } from './finding.ts';

/** Whether the application's secrets are strong, and each serves one purpose only. Nothing of them is ever told. */
export function checkSecrets(secrets: Readonly<Record<string, KeyInput>> | undefined): Finding[] {
  if (secrets === undefined) {
    return [
      doubtful(
        'secrets',
        'not in the configuration',
        'Export them by their names as "secrets", so that their strength is checked here.',
      ),
    ];
  }
  const strengths = Object.entries(secrets).map(([name, secret]) => judge(name, secret));
  const found = strengths.map(({ finding }) => finding);
  const known = strengths.flatMap(({ name, bytes }) => (bytes === null ? [] : [{ name, bytes }]));
  const pairs = known.flatMap((one, index) => known.slice(index + 1).map((other) => [one, other] as const));
  const same = pairs.filter(([one, other]) => isSame(one.bytes, other.bytes));
  return [
    ...found,
    ...same.map(([one, other]) =>
      wrongFinding(
        `secret ${other.name}`,
        `the same as ${one.name}`,
        'Make one of them anew: a secret for each purpose, so that what leaks at one place opens no other.',
      ),
    ),
  ];
}

interface Judged {
  readonly name: string;
  readonly finding: Finding;
  /** `null` for a secret that could not be read. */
  readonly bytes: Uint8Array | null;
}

const RENEW =
  'Make one with `openssl rand -base64 32`, and take it in beside this one until tokens of this one are over.';

function judge(name: string, secret: KeyInput): Judged {
  const check = `secret ${name}`;
  let bytes: Buffer;
  try {
    bytes = keyMaterial(secret ?? '', 'HS256', name).verify.export();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    // Its messages name the option and never the value.
    const [detail = '', ...mend] = thrown.message.split('. ');
    return {
      name,
      bytes: null,
      finding: wrongFinding(check, detail, mend.join('. ') || RENEW),
    };
  }
  const weakness = weaknessOf(bytes);
  const finding =
    weakness === null ? sound(check, `${bytes.length} bytes`) : doubtful(check, weakness, RENEW);
  return { name, bytes, finding };
}

/** What speaks against a secret having been drawn at random; `null` when nothing does. */
function weaknessOf(bytes: Buffer): string | null {
  const text = bytes.toString('latin1');
  for (let length = 1; length <= bytes.length / 2; length++) {
    if (
      text ===
      text
        .slice(0, length)
        .repeat(Math.ceil(text.length / length))
        .slice(0, text.length)
    ) {
      return `it repeats ${length === 1 ? 'one byte' : `its first ${length} bytes`}`;
    }
  }
  if (WORDS.test(text)) return 'it holds a word that stands in examples';
  if (LETTERS.test(text)) return 'it is made of letters and marks only, as a sentence is';
  return entropyOf(bytes) < LEAST_BITS ? 'it uses few different characters' : null;
}

const WORDS = /secret|passw|change.?me|example|default|test|qwert|12345/i;

/** What is drawn at random has a digit: of 32 bytes in base64 one in ten thousand has none. */
const LETTERS = /^[A-Za-z\s.,;:!?'"-]+$/;

/** Random hexadecimal of 32 characters has about 115 bits by this count, and anything longer has more. */
const LEAST_BITS = 96;

/** The information that the frequencies of the bytes leave room for (Shannon). */
function entropyOf(bytes: Buffer): number {
  const counts = new Map<number, number>();
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  return [...counts.values()].reduce((bits, count) => bits - count * Math.log2(count / bytes.length), 0);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
