import { expect } from 'vitest';
import type { HttpAnswer } from './http-client.ts';

/** The headers that a contract says something about; every other one is the framework's own. */
const GOVERNED = [
  'Content-Type',
  'Content-Length',
  'Transfer-Encoding',
  'Cache-Control',
  'Pragma',
  'WWW-Authenticate',
  'Allow',
  'Retry-After',
  'Location',
  'Set-Cookie',
] as const;

/** A header that only some contracts say something about. */
type Further = 'Vary' | 'Access-Control-Allow-Origin';

export type Governed = Readonly<Partial<Record<(typeof GOVERNED)[number] | Further, readonly string[]>>>;

/** The governed headers that an answer has, with all their lines. */
export function governedHeaders(answer: HttpAnswer, further: readonly Further[] = []): Governed {
  const names = [...GOVERNED, ...further].filter((name) => answer.lines(name).length > 0);
  return Object.fromEntries(names.map((name) => [name, answer.lines(name)]));
}

/** Expects status, every governed header and the whole body of JSON, byte for byte. */
export function expectJson(
  answer: HttpAnswer,
  expected: {
    readonly status: number;
    readonly body: string;
    /** Those besides type and length. */
    readonly headers: Governed;
    readonly further?: readonly Further[];
  },
): void {
  const { status, body, headers, further } = expected;
  expect({ status: answer.status, body: answer.text, headers: governedHeaders(answer, further) }).toEqual({
    status,
    body,
    headers: {
      'Content-Type': ['application/json'],
      'Content-Length': [String(Buffer.byteLength(body))],
      ...headers,
    },
  });
}
