/** One header line; several lines of one name stay several lines. */
export type HeaderLine = readonly [name: string, value: string];

/** A whole answer, independent of any framework. */
export interface Reply {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: string;
}

/**
 * A JSON answer. The content type has no charset parameter: RFC 8259 section 11 defines none, and JSON is UTF-8.
 */
export function jsonReply(status: number, value: unknown, headers: readonly HeaderLine[] = []): Reply {
  return { status, headers: [['Content-Type', 'application/json'], ...headers], body: JSON.stringify(value) };
}

/** Keeps an answer out of every cache; answers that carry tokens need both lines (RFC 6749 section 5.1). */
export const NO_STORE: readonly HeaderLine[] = [
  ['Cache-Control', 'no-store'],
  ['Pragma', 'no-cache'],
];
