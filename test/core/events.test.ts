import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import { EVENT_CHANNELS, hasDecisionListener, publishEvent } from '../../src/core/event-publishing.ts';
import { deliver, eventSubject, type DecisionEvent } from '../../src/core/events.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { foreignPromise } from '../support/foreign-promise.ts';

const CHANNEL = 'portcullis:decision';
const EVENT: DecisionEvent = {
  type: 'decision',
  outcome: 'allowed',
  guard: 'authenticate',
  reason: null,
  rule: null,
  requestId: 'r-1',
  principal: null,
  method: 'GET',
  path: '/',
  peerAddress: null,
  at: 0,
};

const heard: unknown[] = [];
function listener(message: unknown): void {
  heard.push(message);
}

afterEach(() => {
  unsubscribe(CHANNEL, listener);
  heard.length = 0;
});

describe('publishEvent', () => {
  it('hands the event to the diagnostics channel and to the sink', () => {
    const told: unknown[] = [];
    subscribe(CHANNEL, listener);
    publishEvent(EVENT, (event) => told.push(event));
    expect({ heard, told }).toEqual({ heard: [EVENT], told: [EVENT] });
  });

  it('has a channel for each type of event, and tells it of no other type', () => {
    const types = [
      'decision',
      'session',
      'workspace',
      'allowlist',
      'api_key',
      'signing_key',
      'connection',
      'oauth_client',
    ] as const;
    expect(EVENT_CHANNELS).toEqual(types.map((type) => `portcullis:${type}`));
    const heardOn: [string, string][] = [];
    const listeners = EVENT_CHANNELS.map((name) => {
      const note = (event: unknown): void => void heardOn.push([name, (event as { type: string }).type]);
      subscribe(name, note);
      return () => unsubscribe(name, note);
    });
    for (const type of types) publishEvent({ ...EVENT, type } as DecisionEvent, undefined);
    for (const stop of listeners) stop();
    expect(heardOn).toEqual(types.map((type) => [`portcullis:${type}`, type]));
  });

  it('asks first whether anybody listens', () => {
    expect(hasDecisionListener(undefined)).toBe(false);
    expect(hasDecisionListener(() => 0)).toBe(true);
    subscribe('portcullis:session', listener);
    expect(hasDecisionListener(undefined)).toBe(false);
    unsubscribe('portcullis:session', listener);
    subscribe(CHANNEL, listener);
    expect(hasDecisionListener(undefined)).toBe(true);
  });
});

describe('deliver', () => {
  it('lets neither an exception nor a rejection of a sink out, also of a thenable of another make', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => {
      unhandled.push(reason);
    };
    process.on('unhandledRejection', note);
    class OtherPromise extends Promise<never> {}
    deliver(EVENT, () => {
      throw new Error('the sink throws');
    });
    deliver(EVENT, () => Promise.reject(new Error('the sink rejects')));
    deliver(EVENT, () => OtherPromise.reject(new Error('the sink rejects')));
    deliver(EVENT, () =>
      foreignPromise(() => {
        throw new Error('the sink rejects');
      }),
    );
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

describe('eventSubject', () => {
  it('tells who, what and from where, and nothing else of the request or the principal', () => {
    const exchange = exchangeWith(
      { authorization: 'Bearer secret', cookie: 'secret' },
      { method: 'POST', path: '/orders', query: 'token=secret', peerAddress: '192.0.2.1' },
    );
    const principal = {
      kind: 'user' as const,
      id: 'u1',
      workspace: 'w1',
      actor: { kind: 'user' as const, id: 'admin' },
      claims: { password: 'secret' },
    };
    expect(eventSubject(exchange, principal)).toEqual({
      principal: { kind: 'user', id: 'u1', workspace: 'w1', actor: 'admin' },
      method: 'POST',
      path: '/orders',
      peerAddress: '192.0.2.1',
    });
  });

  it('has null where there is nobody, no workspace, no actor and no address', () => {
    expect(eventSubject(exchangeWith({}, { peerAddress: undefined }), null)).toMatchObject({
      principal: null,
      peerAddress: null,
    });
    expect(eventSubject(exchangeWith(), { kind: 'client', id: 'c1' }).principal).toEqual({
      kind: 'client',
      id: 'c1',
      workspace: null,
      actor: null,
    });
  });
});
