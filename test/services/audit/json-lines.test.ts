import { channel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  failedDeliveries,
  jsonLines,
  metricLabels,
  onEveryEvent,
  type JsonLinesOptions,
} from '../../../src/services/audit.ts';
import { EVENT_CHANNELS } from '../../../src/core/event-publishing.ts';
import { deliver, type DecisionEvent, type SessionEvent } from '../../../src/core/events.ts';
import { REASONS } from '../../../src/core/reasons.ts';
import { movableClock } from '../../support/movable-clock.ts';
import { noteWarnings } from '../../support/process-warnings.ts';

const warnings = noteWarnings();

const DENIED: DecisionEvent = {
  type: 'decision',
  outcome: 'denied',
  guard: 'login',
  reason: 'login_failed',
  rule: null,
  requestId: 'r-1',
  principal: null,
  method: 'POST',
  path: '/auth/login',
  peerAddress: '192.0.2.1',
  at: 1,
};

/** A stream that keeps what it is given, and takes nothing on while it is stalled. */
class Sink extends Writable {
  readonly chunks: string[] = [];
  private waiting: (() => void) | undefined;
  stalled = false;

  constructor() {
    super({ decodeStrings: false, highWaterMark: 16 });
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    if (this.stalled) this.waiting = done;
    else done();
  }

  flow(): void {
    this.stalled = false;
    this.waiting?.();
  }

  get text(): string {
    return this.chunks.join('');
  }
}

function linesOf(event: object, options?: JsonLinesOptions): { text: string; parsed: unknown[] } {
  const stream = new Sink();
  jsonLines(stream, options)(event as DecisionEvent);
  const { text } = stream;
  return {
    text,
    parsed: text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  };
}

describe('jsonLines', () => {
  it('LG-02 writes an event as one line with all its members', () => {
    expect(linesOf(DENIED).text).toBe(`${JSON.stringify(DENIED)}\n`);
  });

  it.each([
    ['a line feed', 'ada\n{"level":"info"}'],
    ['a carriage return', 'ada\r\n{"type":"decision","outcome":"allowed"}'],
    ['line separators of Unicode', 'ada\u2028{"level"\u2029\u0085'],
    ['an escape for a terminal', 'ada\u001b[2K\u009b31m\u007f\b'],
    ['half a character', 'ada\ud800'],
    ['a NUL', 'ada\u0000'],
  ])('LG-02 keeps %s inside its one line of printable ASCII', (_what, name) => {
    const event = {
      ...DENIED,
      principal: { kind: 'user', id: name, workspace: null, actor: name },
      rule: name,
    };
    const { text, parsed } = linesOf(event);
    expect(text).toMatch(/^[\x20-\x7e]+\n$/);
    expect(parsed).toEqual([event]);
  });

  it('cuts long texts, long lists and deep trees, so that a line stays short', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 10_000; level++) deep = { deep };
    const { text } = linesOf({ type: 'x', path: '/'.repeat(100_000), deep, list: Array(5_000).fill('item') });
    expect(text.length).toBeLessThan(2_000);
  });

  it('LG-01 tells the kind of a cause and nothing of what it says', () => {
    class QueryError extends Error {
      override readonly name = 'QueryError';
      readonly code = '42P01';
      readonly parameters = ['the password'];
    }
    const { text } = linesOf({ ...DENIED, cause: new QueryError('no rows for the password') });
    expect(JSON.parse(text)).toMatchObject({ cause: { name: 'QueryError', code: '42P01' } });
    expect(text).not.toContain('password');
    expect(linesOf({ ...DENIED, cause: 'the password' }).parsed).toMatchObject([
      { cause: { name: 'string' } },
    ]);
  });

  it('loses events while the stream is stalled, counts them, and says so in the first line that goes through', async () => {
    const stream = new Sink();
    stream.stalled = true;
    const audit = jsonLines(stream, { maxPendingBytes: 1024, clock: movableClock() });
    for (let count = 0; count < 10_000; count++) audit(DENIED);
    expect(stream.writableLength).toBeLessThan(2 * 1024);
    const { written, lost } = audit;
    expect(written).toBeGreaterThan(0);
    expect(written + lost).toBe(10_000);
    stream.flow();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    audit(DENIED);
    const lines = stream.text.trimEnd().split('\n');
    expect(lines.slice(-2).map((line) => JSON.parse(line) as unknown)).toEqual([
      { type: 'audit', action: 'lost', count: lost, at: movableClock().now() },
      DENIED,
    ]);
    expect([audit.written, audit.lost]).toEqual([written + 1, lost]);
  });

  it.each<[string, (stream: Sink) => unknown]>([
    ['broken', (stream) => stream.destroy(new Error('disk full'))],
    ['ended', (stream) => stream.end()],
  ])('neither throws nor ends the process when the stream is %s', async (_how, spoil) => {
    const stream = new Sink();
    const audit = jsonLines(stream);
    spoil(stream);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    audit(DENIED);
    expect([audit.written, audit.lost]).toEqual([0, 1]);
  });

  it('counts an event that cannot be written, and a stream that throws', () => {
    const stream = new Sink();
    const audit = jsonLines(stream);
    audit(
      Object.defineProperty({ type: 'x' }, 'broken', {
        enumerable: true,
        get() {
          throw new Error('broken getter');
        },
      }),
    );
    stream.write = () => {
      throw new Error('broken stream');
    };
    audit(DENIED);
    expect([audit.written, audit.lost]).toEqual([0, 2]);
  });

  it.each<[string, unknown, object, string]>([
    ['no stream', undefined, {}, 'jsonLines(stream) is required'],
    ['another object', {}, {}, 'jsonLines(stream) must be a stream to write to'],
    ['no room', new Sink(), { maxPendingBytes: 1 }, 'maxPendingBytes must be a whole number from 1024'],
    ['an unknown option', new Sink(), { maxPendingByte: 1 }, 'did you mean "maxPendingBytes"?'],
  ])('refuses %s', (_what, stream, options, message) => {
    expect(() => jsonLines(stream as Writable, options)).toThrow(message);
  });
});

describe('metricLabels', () => {
  it('LG-03 gives members of closed sets, whatever the request held', () => {
    const event = {
      ...DENIED,
      principal: { kind: 'user', id: 'ada', workspace: 'w1', actor: null },
      rule: '203.0.113.0/24',
    };
    expect(metricLabels(event)).toEqual({
      event: 'decision',
      outcome: 'denied',
      guard: 'login',
      reason: 'login_failed',
      principal: 'user',
    });
  });

  it('LG-03 leaves out texts that people write, and replaces what no code says', () => {
    const revoked: SessionEvent = {
      type: 'session',
      action: 'revoked',
      system: 'b2b',
      owner: '7',
      sessionId: 's',
      actor: null,
      reason: 'ticket 4711',
      at: 0,
    };
    expect(metricLabels(revoked)).toEqual({ event: 'session', action: 'revoked', system: 'b2b' });
    expect(metricLabels({ ...DENIED, guard: 'A guard with /a path', reason: 'made up' } as never)).toEqual({
      event: 'decision',
      outcome: 'denied',
      guard: 'other',
    });
  });

  it('LG-03 has no more values for reasons than the table has rows', () => {
    const values = new Set(
      Object.keys(REASONS).map((reason) => metricLabels({ ...DENIED, reason } as never)['reason']),
    );
    expect(values).toEqual(new Set(Object.keys(REASONS)));
  });
});

describe('failedDeliveries', () => {
  it('counts what a sink throws and rejects with, and warns once, without what it said', async () => {
    const sink = (event: unknown): unknown => {
      if (event === 1) throw new TypeError('the password is in the message');
      return event === 2 ? Promise.reject(new Error('rejected')) : 'kept';
    };
    for (const event of [1, 2, 3, 1]) deliver(event, sink);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    expect(failedDeliveries(sink)).toBe(3);
    const warned = await warnings();
    expect(warned.map(({ message, detail }) => ({ message, detail }))).toEqual([
      { message: 'an onEvent sink failed, 1 time(s) so far; the events are lost', detail: 'TypeError' },
    ]);
  });
});

describe('onEveryEvent', () => {
  it('knows every channel that there is', () => {
    const source = readFileSync(new URL('../../../src/core/events.ts', import.meta.url), 'utf8');
    const channels = [...source.matchAll(/^ {2}readonly type: '(\w+)';/gm)].map(
      ([, type]) => `portcullis:${type}`,
    );
    expect(EVENT_CHANNELS).toEqual(channels);
  });

  it('LG-02 hears each type of event until it is ended, and a sink that throws disturbs nobody', async () => {
    const heard: unknown[] = [];
    const ends = [
      onEveryEvent(() => {
        throw new Error('broken sink');
      }),
      onEveryEvent((event) => heard.push(event)),
    ];
    for (const name of EVENT_CHANNELS) channel(name).publish({ type: name });
    for (const end of ends) end();
    for (const name of EVENT_CHANNELS) channel(name).publish({ type: 'later' });
    expect(heard).toEqual(EVENT_CHANNELS.map((type) => ({ type })));
    expect(await warnings()).toHaveLength(1);
  });

  it('refuses what is no function', () => {
    expect(() => onEveryEvent({} as never)).toThrow('onEveryEvent(sink) must be a function');
  });
});
