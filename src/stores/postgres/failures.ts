import { isStoreError, StoreError } from '../../core/errors.ts';
import { Overdue } from '../deadline.ts';

/** Raised by this package's own functions: a handle belongs to another family; a step took too long. */
const HANDLE_TAKEN = 'PC001';
const TOO_LATE = 'PC002';

/**
 * The outage that something thrown by the driver stands for. Neither the message nor the cause has any of the driver's
 * text: PostgreSQL puts the values of a row into its own.
 */
export function outageOf(thrown: unknown): StoreError {
  if (isStoreError(thrown)) return thrown;
  const given = codeOf(thrown);
  if (given === HANDLE_TAKEN) return new StoreError('The handle exists already.');
  const code = thrown instanceof Overdue || given === TOO_LATE ? 'DEADLINE' : (given ?? 'NO_CODE');
  const cause = Object.assign(new Error(`PostgreSQL or its driver failed with ${code}.`), { code });
  return new StoreError(`The PostgreSQL store failed with ${code}: ${REASONS[code] ?? 'see the code'}.`, {
    cause,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  DEADLINE: 'it gave no answer within the deadline',
  NO_CODE: 'the connection was lost or could not be made',
  CROWDED: 'too many calls wait for a connection',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'the connection was lost',
  '25006': 'this server takes no writes, so it is not the primary',
  '40001': 'too many calls were at work on the same rows',
  '40P01': 'too many calls were at work on the same rows',
  '42501': "the pool's role lacks a privilege",
  '53300': 'it has no connection left',
  '55P03': 'another transaction held a row for longer than the deadline',
  '57P01': 'it is being shut down',
  '57P03': 'it is starting up',
};

/** A call that the pool cannot take in, as `outageOf` understands it. */
export function crowded(): Error {
  return Object.assign(new Error('Too many calls wait for a connection.'), { code: 'CROWDED' });
}

/** Whether the statement was undone because of others that ran beside it, so that it can be run once more. */
export function isContention(thrown: unknown): boolean {
  const code = codeOf(thrown);
  return code === '40001' || code === '40P01';
}

/**
 * Whether the connection is of no more use. One that reaches a server without writes is not either: after a failover the
 * next one may lead to the new primary.
 */
export function breaksConnection(thrown: unknown): boolean {
  const code = codeOf(thrown);
  if (code === undefined || !SQLSTATE.test(code)) return true;
  return /^(?:08|57P)/.test(code) || code === '25006';
}

const SQLSTATE = /^[0-9A-Z]{5}$/;

function codeOf(thrown: unknown): string | undefined {
  const code = (thrown as { readonly code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && /^[0-9A-Z_]{2,40}$/.test(code) ? code : undefined;
}
