import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import type { BodyReading, Exchange } from '../../src/core/exchange.ts';
import {
  BODY_LIMIT_BYTES,
  ignoreBody,
  memberOf,
  membersOf,
  readBody,
  type BodyEncoding,
} from '../../src/systems/request-body.ts';
import { exchangeWith } from '../support/fake-exchange.ts';

const JSON_ONLY: readonly BodyEncoding[] = ['json'];

function bytes(text: string | Uint8Array, contentType?: string): BodyReading {
  return { kind: 'bytes', bytes: typeof text === 'string' ? Buffer.from(text) : text, contentType };
}

function parsed(value: unknown, contentType: string | undefined = 'application/json'): BodyReading {
  return { kind: 'parsed', value, contentType };
}

function exchangeOf(reading: BodyReading, limits: number[] = []): Exchange {
  return exchangeWith({}, { body: (limit) => (limits.push(limit), Promise.resolve(reading)) });
}

async function codeOf(reading: BodyReading, accepted: readonly BodyEncoding[] = JSON_ONLY): Promise<string> {
  const body = await readBody(exchangeOf(reading), accepted);
  return isAuthError(body) ? body.code : body.kind;
}

describe('readBody', () => {
  it('asks for at most 64 KiB', async () => {
    const limits: number[] = [];
    await readBody(exchangeOf(bytes('{}'), limits), JSON_ONLY);
    expect([limits, BODY_LIMIT_BYTES]).toEqual([[65_536], 65_536]);
  });

  it.each<[string, BodyReading, string]>([
    ['a body that is too large', { kind: 'too_large' }, 'body_too_large'],
    ['a body that broke off', { kind: 'unreadable' }, 'body_syntax'],
    ['no body', bytes(''), 'empty'],
    ['no body of another type', bytes('', 'text/plain'), 'empty'],
    ['JSON', bytes('{"a":1}', 'application/json'), 'json'],
    ['JSON with a charset', bytes('{}', 'application/json; charset=utf-8'), 'json'],
    ['JSON in capitals', bytes('{}', 'APPLICATION/JSON'), 'json'],
    ['JSON with a parameter that is broken', bytes('{}', 'application/json; charset'), 'json'],
    ['no type', bytes('{}'), 'json'],
    ['a blank type', bytes('{}', '  '), 'json'],
    ['JSON that breaks off', bytes('{"a":', 'application/json'), 'body_syntax'],
    ['JSON twice', bytes('{}{}', 'application/json'), 'body_syntax'],
    ['a byte that is no UTF-8', bytes(Buffer.from([0x22, 0xff, 0x22]), 'application/json'), 'body_syntax'],
    ['half a character', bytes(Buffer.from([0x22, 0xc3, 0x22]), 'application/json'), 'body_syntax'],
    ['a surrogate in UTF-8', bytes(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])), 'body_syntax'],
    ['a form where only JSON is taken', bytes('a=1', 'application/x-www-form-urlencoded'), 'body_media_type'],
    ['text', bytes('{}', 'text/plain'), 'body_media_type'],
    ['a type of JSON that is another', bytes('{}', 'application/ld+json'), 'body_media_type'],
    ['a type that is no type', bytes('{}', 'json'), 'body_media_type'],
    ['a type that is a member of objects', bytes('{}', 'constructor'), 'body_media_type'],
    ['two types in one', bytes('{}', 'application/json, text/plain'), 'body_media_type'],
  ])('of %s', async (_case, reading, code) => {
    expect(await codeOf(reading)).toBe(code);
  });

  it.each<[string, BodyReading, string]>([
    ['JSON', parsed({ a: 1 }), 'json'],
    ['JSON that is false', parsed(false), 'json'],
    ['JSON that is null', parsed(null), 'json'],
    ['no type', parsed({ a: 1 }, undefined), 'json'],
    ['what a parser read and left nowhere', parsed(undefined), 'body_syntax'],
    [
      'a form where only JSON is taken',
      parsed({ a: '1' }, 'application/x-www-form-urlencoded'),
      'body_media_type',
    ],
    ['text', parsed('{}', 'text/plain'), 'body_media_type'],
  ])('that a parser has read, of %s', async (_case, reading, code) => {
    expect(await codeOf(reading)).toBe(code);
  });

  it('decodes any JSON value, and drops a byte order mark', async () => {
    for (const text of ['null', '7', '"x"', '[1]', '{"a":{"b":[]}}']) {
      const body = await readBody(exchangeOf(bytes(text)), JSON_ONLY);
      expect(body).toEqual({ kind: 'json', value: JSON.parse(text) as unknown });
    }
    expect(await readBody(exchangeOf(bytes('\ufeff{}')), JSON_ONLY)).toEqual({ kind: 'json', value: {} });
  });

  it('takes JSON that is deeply nested, and a form that is wanted', async () => {
    expect(await codeOf(bytes(`${'['.repeat(30_000)}${']'.repeat(30_000)}`))).toBe('json');
    const form = bytes('a=1&b=%20x+y&a=2', 'application/x-www-form-urlencoded');
    expect(await readBody(exchangeOf(form), ['json', 'form'])).toEqual({
      kind: 'form',
      fields: [
        ['a', '1'],
        ['b', ' x y'],
        ['a', '2'],
      ],
    });
  });
});

describe('ignoreBody', () => {
  it('looks at nothing but the size', async () => {
    for (const reading of [bytes('{'), bytes('', 'x'), parsed(undefined), { kind: 'unreadable' }] as const) {
      expect(await ignoreBody(exchangeOf(reading))).toBeNull();
    }
    expect(await ignoreBody(exchangeOf({ kind: 'too_large' }))).toMatchObject({ code: 'body_too_large' });
  });
});

describe('membersOf and memberOf', () => {
  it.each([[[]], ['x'], [7], [true], [null]])('there are none of %j', (value) => {
    expect(membersOf({ kind: 'json', value })).toBeNull();
  });

  it('there are none of a form or of nothing', () => {
    expect(membersOf({ kind: 'empty' })).toBeNull();
    expect(membersOf({ kind: 'form', fields: [['a', '1']] })).toBeNull();
  });

  it('AU-09 finds own members alone', () => {
    const value: unknown = JSON.parse('{"a":1,"__proto__":{"b":2}}');
    const members = membersOf({ kind: 'json', value }) ?? {};
    expect(memberOf(members, 'a')).toBe(1);
    for (const name of ['b', 'toString', 'constructor', 'hasOwnProperty']) {
      expect(memberOf(members, name)).toBeUndefined();
    }
    expect(memberOf(members, '__proto__')).toEqual({ b: 2 });
    expect(memberOf({}, '__proto__')).toBeUndefined();
  });
});
