import { describe, expect, it } from 'vitest';
import { requestIdOf } from '../../src/core/request-id.ts';
import { exchangeWith } from '../support/fake-exchange.ts';

const MADE_UP = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('requestIdOf', () => {
  it('gives one id for all that is decided about a request, and another to the next one', () => {
    const native = {};
    const first = requestIdOf(exchangeWith({}, { native }), undefined);
    expect(first).toMatch(MADE_UP);
    expect(requestIdOf(exchangeWith({}, { native }), () => 'later')).toBe(first);
    expect(requestIdOf(exchangeWith(), undefined)).not.toBe(first);
  });

  it('takes what the host calls the request, which is asked once', () => {
    let asked = 0;
    const exchange = exchangeWith({ 'x-request-id': 'req-7' });
    const namer = (): string => `${exchange.headerLines('x-request-id')[0]}.${++asked}`;
    expect([requestIdOf(exchange, namer), requestIdOf(exchange, namer)]).toEqual(['req-7.1', 'req-7.1']);
  });

  it.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['an empty text', () => ''],
    ['a text with a line feed', () => 'a\n{"level"'],
    ['a text with a line feed at its end', () => 'a\n'],
    ['a text with a line feed in front', () => '\na'],
    ['a text with a blank', () => 'a b'],
    ['a text that is too long', () => 'a'.repeat(201)],
    ['other characters', () => 'r-\u00e4'],
    ['a number', () => 7],
    ['a promise', () => Promise.resolve('r-1')],
    [
      'an exception',
      () => {
        throw new Error('no id');
      },
    ],
  ])('LG-02 makes an id up where the host gives %s', (_what, namer) => {
    expect(requestIdOf(exchangeWith(), namer as () => string)).toMatch(MADE_UP);
  });

  it.each(['r', '!~', 'req-7.1/a', 'a'.repeat(200)])('takes %.20j as it is', (name) => {
    expect(requestIdOf(exchangeWith(), () => name)).toBe(name);
  });

  it.each([undefined, null, 'a text'])(
    'names a request of which nothing is known but its exchange: %s',
    (native) => {
      const exchange = exchangeWith({}, { native });
      expect(requestIdOf(exchange, undefined)).toBe(requestIdOf(exchange, undefined));
    },
  );
});
