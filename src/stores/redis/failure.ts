import { StoreError } from '../../core/errors.ts';
import { Overdue } from '../deadline.ts';

/**
 * What Redis or the connection to it answered instead of a result. Of the server's text only its first word is kept: what
 * follows it, and the command that clients attach to their errors, may hold keys, tokens and data.
 */
export class RedisError extends StoreError {
  /** `LOADING`, `READONLY`, `OOM`, `NOAUTH`, `NOSCRIPT`, … or the code of the connection's failure. */
  readonly code: string;
  /** Whether the server itself answered so. */
  readonly isReply: boolean;

  constructor(code: string, why: string, isReply = false) {
    super(`The Redis store failed with ${code}: ${why}.`);
    this.code = code;
    this.isReply = isReply;
  }
}

/** The outage that stands for whatever a client threw. */
export function failureOf(thrown: unknown): RedisError {
  if (thrown instanceof RedisError) return thrown;
  if (thrown instanceof Overdue) return new RedisError('DEADLINE', 'there was no connection in time');
  const { message, code } = thrown as { readonly message?: unknown; readonly code?: unknown };
  const word = typeof message === 'string' ? REPLY.exec(message)?.[1] : undefined;
  if (word !== undefined)
    return new RedisError(word, REASONS[word] ?? 'the server refused the command', true);
  const known = typeof code === 'string' && /^[A-Z][A-Z_]+$/.test(code) ? code : 'DISCONNECTED';
  return new RedisError(known, REASONS[known] ?? 'the connection was lost or could not be made');
}

/** An error reply begins with a code in capitals; what clients make up themselves are sentences. */
const REPLY = /^([A-Z][A-Z0-9]+)(?= )/;

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its address',
  LATE: 'it reached the server after its deadline, and did nothing',
  LOADING: 'the server is reading its data from the disk',
  READONLY: 'the server is a replica, which takes no writes',
  OOM: 'the server has no memory left for writes',
  MISCONF: 'the server cannot write to its disk, and takes no writes until it can',
  NOAUTH: 'the client gives no password',
  WRONGPASS: 'the client gives a wrong user or password',
  NOPERM: 'the user of the client may not run a command or touch a key that the store needs',
  WRONGTYPE: 'a key of the store holds something that the store did not write',
  BUSY: 'the server is held up by a script',
  CLUSTERDOWN: 'the cluster is down',
  MASTERDOWN: 'the replica has lost its primary',
  MOVED: 'the key is on another node; the store needs a client of the node that holds its slot',
};
