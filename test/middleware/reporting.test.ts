import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/core/dialect.ts';
import { authError, StoreError } from '../../src/core/errors.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import type { Reply } from '../../src/core/reply.ts';
import { envelope } from '../../src/dialects/envelope.ts';
import { reportingTo, type Reporting } from '../../src/middleware/reporting.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { movableClock } from '../support/movable-clock.ts';
import { noteWarnings } from '../support/process-warnings.ts';

const LAST_RESORT: Reply = {
  status: 500,
  headers: [
    ['Content-Type', 'application/json'],
    ['Cache-Control', 'no-store'],
  ],
  body: '{"error":"internal_error"}',
};

const warnings = noteWarnings();

async function warned(): Promise<readonly string[]> {
  return (await warnings()).map(({ name, message }) => `${name}: ${message}`);
}

async function firstDetail(): Promise<string | undefined> {
  return (await warnings())[0]?.detail;
}

function reporting(dialect: Dialect = envelope(), onEvent?: (event: DecisionEvent) => unknown): Reporting {
  return reportingTo({ dialect, schemes: ['Bearer'], clock: movableClock(), onEvent });
}

describe('reportingTo', () => {
  it('hands the dialect the schemes, the method and the path', () => {
    const seen: unknown[] = [];
    const dialect: Dialect = {
      name: 'seeing',
      render(error, context) {
        seen.push(error.code, context);
        return { status: 403, headers: [], body: '' };
      },
    };
    reporting(dialect).denied(
      exchangeWith({}, { method: 'PUT', path: '/p' }),
      'g',
      null,
      authError('ip_denied'),
    );
    expect(seen).toEqual(['ip_denied', { schemes: ['Bearer'], method: 'PUT', path: '/p' }]);
  });

  it.each<[string, unknown]>([
    [
      'throws',
      () => {
        throw new Error('broken dialect');
      },
    ],
    ['returns nothing', () => undefined],
    ['returns no status', () => ({ headers: [], body: '' })],
    ['returns a status that is no number', () => ({ status: '401', headers: [], body: '' })],
    ['returns a status that is none', () => ({ status: 42, headers: [], body: '' })],
    ['returns a status beyond', () => ({ status: 600, headers: [], body: '' })],
    ['returns no headers', () => ({ status: 401, body: '' })],
    [
      'returns a header that ends the line',
      () => ({ status: 401, headers: [['X-A', 'a\r\nX-B: b']], body: '' }),
    ],
    ['returns a header name that is none', () => ({ status: 401, headers: [['X A', 'a']], body: '' })],
    ['returns a header without a value', () => ({ status: 401, headers: [['X-A', undefined]], body: '' })],
    ['returns a body that is no text', () => ({ status: 401, headers: [], body: {} })],
    ['returns a promise', async () => ({ status: 401, headers: [], body: '' })],
  ])('BT-13 answers 500 and warns when the dialect %s', async (_, render) => {
    const dialect = { name: 'broken', render } as Dialect;
    expect(reporting(dialect, () => 0).denied(exchangeWith(), 'g', null, authError('ip_denied'))).toEqual(
      LAST_RESORT,
    );
    expect(reporting(dialect, () => 0).failed(exchangeWith(), 'g', null, new Error('x'))).toEqual(
      LAST_RESORT,
    );
    await expect(warned()).resolves.toEqual(Array(2).fill('PortcullisWarning: a request failed'));
  });

  it('answers a refusal of a code that no table knows', () => {
    const foreign = { code: 'made_up', status: 200, details: {} } as unknown as ReturnType<typeof authError>;
    expect(reporting().denied(exchangeWith(), 'g', null, foreign)).toEqual(LAST_RESORT);
  });

  it('says 503 with the time to wait for an outage', () => {
    const reply = reporting(undefined, () => 0).failed(
      exchangeWith(),
      'g',
      null,
      new StoreError('x', { retryAfterSeconds: 4 }),
    );
    expect(reply.status).toBe(503);
    expect(reply.headers).toContainEqual(['Retry-After', '4']);
  });

  it('makes a process warning of a failure that nobody listens to, and of nothing else', async () => {
    reporting().failed(exchangeWith(), 'g', null, new Error('unheard'));
    reporting(undefined, () => 0).failed(exchangeWith(), 'g', null, new Error('heard'));
    reporting().denied(exchangeWith(), 'g', null, authError('ip_denied'));
    reporting().allowed(exchangeWith(), 'g', null);
    await expect(warned()).resolves.toEqual(['PortcullisWarning: a request failed']);
    await expect(firstDetail()).resolves.toMatch(/^Error: unheard\n {4}at /);
  });

  it('warns of what is no error by its type only, since it may be anything', async () => {
    reporting().failed(exchangeWith(), 'g', null, 'a secret text');
    await expect(firstDetail()).resolves.toBe('something that is no error was thrown: string');
  });

  it('answers when the error is one of another realm, as in a test runner with a sandbox', async () => {
    const foreign = runInNewContext('new Error("of another realm")') as Error;
    expect(foreign).not.toBeInstanceOf(Error);
    expect(reporting().failed(exchangeWith(), 'g', null, foreign).status).toBe(500);
    await expect(firstDetail()).resolves.toContain('of another realm');
  });

  it('gives no different answer when the sink throws or rejects', async () => {
    const sinks = [
      () => {
        throw new Error('sink');
      },
      () => Promise.reject(new Error('sink')),
    ];
    for (const sink of sinks) {
      const told = reporting(undefined, sink);
      told.allowed(exchangeWith(), 'g', null);
      expect(told.denied(exchangeWith(), 'g', null, authError('ip_denied')).status).toBe(403);
      expect(told.failed(exchangeWith(), 'g', null, new Error('x')).status).toBe(500);
    }
    // The failure of the request is told to the sink and to nobody else; that the sink fails is another matter.
    await expect(warned()).resolves.toEqual(Array(2).fill(expect.stringContaining('an onEvent sink failed')));
  });
});
