import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { authError, ConfigError, StoreError } from '../../src/core/errors.ts';
import type { DecisionEvent } from '../../src/core/events.ts';
import { problem } from '../../src/dialects/problem.ts';
import { errorEnvelope as expressEnvelope } from '../../src/express.ts';
import { errorEnvelope as koaEnvelope } from '../../src/koa.ts';
import { errorRenderer } from '../../src/middleware/error-envelope.ts';
import { errorEnvelope as nodeEnvelope } from '../../src/node.ts';
import { complaint } from '../support/complaint.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { movableClock } from '../support/movable-clock.ts';
import { noteWarnings } from '../support/process-warnings.ts';

const warnings = noteWarnings();

/** The status, the code of the envelope, and the event's outcome and reason. */
function rendered(thrown: unknown): string {
  const events: DecisionEvent[] = [];
  const render = errorRenderer({ onEvent: (event) => events.push(event), clock: movableClock() });
  const { status, body } = render(thrown, exchangeWith());
  const { error } = JSON.parse(body) as { error: { code: string } };
  return [status, error.code, events[0]?.outcome, events[0]?.reason, events.length].join(' ');
}

function withMembers(error: Error, members: object): Error {
  return Object.assign(error, members);
}

describe('errorRenderer', () => {
  it.each<[string, unknown, string]>([
    [
      'body-parser, JSON',
      withMembers(new SyntaxError('x'), { status: 400, statusCode: 400, type: 'entity.parse.failed' }),
      '400 SYNTAX_ERROR denied body_syntax 1',
    ],
    [
      'co-body, JSON',
      withMembers(new SyntaxError('x'), { status: 400, body: '{' }),
      '400 SYNTAX_ERROR denied body_syntax 1',
    ],
    [
      'body-parser, a wrong length',
      withMembers(new Error('x'), { status: 400, type: 'request.size.invalid' }),
      '400 SYNTAX_ERROR denied body_syntax 1',
    ],
    [
      'body-parser, an aborted request',
      withMembers(new Error('x'), { status: 400, type: 'request.aborted' }),
      '400 SYNTAX_ERROR denied body_syntax 1',
    ],
    [
      'body-parser, too large',
      withMembers(new Error('x'), { status: 413, type: 'entity.too.large' }),
      '413 PAYLOAD_TOO_LARGE denied body_too_large 1',
    ],
    [
      'body-parser, charset',
      withMembers(new Error('x'), { status: 415, type: 'charset.unsupported' }),
      '400 SYNTAX_ERROR denied body_media_type 1',
    ],
    [
      'body-parser, what is no SyntaxError',
      withMembers(new Error('x'), { type: 'entity.parse.failed' }),
      '400 SYNTAX_ERROR denied body_syntax 1',
    ],
    [
      'a type that is no broken body',
      withMembers(new Error('x'), { status: 400, type: 'parameters.odd' }),
      '400 VALIDATION_FAILURE denied body_invalid 1',
    ],
    [
      'the type of a broken body under a status of the server',
      withMembers(new Error('x'), { status: 500, type: 'request.size.invalid' }),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    [
      'another 400',
      withMembers(new Error('x'), { status: 400 }),
      '400 VALIDATION_FAILURE denied body_invalid 1',
    ],
    ['401', withMembers(new Error('x'), { status: 401 }), '401 UNAUTHORIZED denied credentials_missing 1'],
    ['403', withMembers(new Error('x'), { status: 403 }), '403 FORBIDDEN denied permission_denied 1'],
    [
      '404 as statusCode',
      withMembers(new Error('x'), { statusCode: 404 }),
      '404 NOT_FOUND denied not_found 1',
    ],
    [
      '405',
      withMembers(new Error('x'), { status: 405 }),
      '405 METHOD_NOT_ALLOWED denied method_not_allowed 1',
    ],
    ['409', withMembers(new Error('x'), { status: 409 }), '409 CONFLICT denied conflict 1'],
    ['410', withMembers(new Error('x'), { statusCode: 410 }), '410 GONE denied gone 1'],
    [
      '412',
      withMembers(new Error('x'), { status: 412 }),
      '412 PRECONDITION_FAILED denied precondition_failed 1',
    ],
    [
      'a client status without a row',
      withMembers(new Error('x'), { status: 418 }),
      '400 BAD_REQUEST denied request_refused 1',
    ],
    [
      'a status that is no whole number',
      withMembers(new Error('x'), { status: 409.5 }),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    ['422', withMembers(new Error('x'), { status: 422 }), '400 VALIDATION_FAILURE denied body_invalid 1'],
    ['429', withMembers(new Error('x'), { status: 429 }), '429 TOO_MANY_REQUESTS denied rate_limited 1'],
    [
      'a SyntaxError of the handler itself',
      new SyntaxError('x'),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    [
      'a SyntaxError of another status',
      withMembers(new SyntaxError('x'), { status: 500 }),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    ['any error', new Error('x'), '500 INTERNAL_SERVER_ERROR failed internal_error 1'],
    [
      '500',
      withMembers(new Error('x'), { status: 500 }),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    [
      '200',
      withMembers(new Error('x'), { status: 200 }),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    [
      'a status that is a text',
      withMembers(new Error('x'), { status: '404' }),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    ['an object with a status', { status: 404 }, '500 INTERNAL_SERVER_ERROR failed internal_error 1'],
    ['a text', 'x', '500 INTERNAL_SERVER_ERROR failed internal_error 1'],
    ['undefined', undefined, '500 INTERNAL_SERVER_ERROR failed internal_error 1'],
    ['null', null, '500 INTERNAL_SERVER_ERROR failed internal_error 1'],
    ['an outage', new StoreError('x'), '503 SERVICE_UNAVAILABLE failed dependency_unavailable 1'],
    [
      'an outage with a status',
      withMembers(new StoreError('x'), { status: 404 }),
      '503 SERVICE_UNAVAILABLE failed dependency_unavailable 1',
    ],
    [
      'a mistake in the wiring',
      new ConfigError('not_guarded', 'x'),
      '500 INTERNAL_SERVER_ERROR failed internal_error 1',
    ],
    ['a refusal', authError('ip_denied'), '403 FORBIDDEN denied ip_denied 1'],
    [
      'a parse error of another realm',
      runInNewContext('Object.assign(new SyntaxError("x"), { status: 400 })'),
      '400 SYNTAX_ERROR denied body_syntax 1',
    ],
  ])('answers %s', (_, thrown, expected) => {
    expect(rendered(thrown)).toBe(expected);
  });

  it('BT-11 repeats nothing of what an error says', () => {
    const secret = withMembers(new SyntaxError('secret'), {
      status: 400,
      type: 'entity.parse.failed',
      body: 'secret',
      secret: 'secret',
    });
    const render = errorRenderer({ onEvent: () => 0 });
    for (const thrown of [secret, new Error('secret'), new StoreError('secret'), 'secret']) {
      expect(JSON.stringify(render(thrown, exchangeWith()))).not.toContain('secret');
    }
  });

  it('writes in the dialect that is given', () => {
    const render = errorRenderer({ dialect: problem(), onEvent: () => 0 });
    expect(render(new Error('x'), exchangeWith())).toMatchObject({
      status: 500,
      body: '{"type":"urn:portcullis:problem:internal_error","title":"Something went wrong.","status":500,"code":"internal_error"}',
    });
  });

  it('answers when the dialect is broken', () => {
    const dialect = {
      name: 'broken',
      render: () => {
        throw new Error('dialect');
      },
    };
    const render = errorRenderer({ dialect });
    expect(render(authError('ip_denied'), exchangeWith()).status).toBe(500);
    expect(render(new Error('x'), exchangeWith()).status).toBe(500);
  });

  it('warns of an unexpected error that nobody hears of, and prefers the sink of the host to that of the framework', async () => {
    const heard: string[] = [];
    errorRenderer()(new Error('x'), exchangeWith());
    errorRenderer({}, () => heard.push('framework'))(new Error('x'), exchangeWith());
    errorRenderer({ onEvent: undefined }, () => heard.push('framework'))(new Error('x'), exchangeWith());
    errorRenderer({ onEvent: () => heard.push('host') }, () => heard.push('framework'))(
      new Error('x'),
      exchangeWith(),
    );
    await expect(warnings()).resolves.toHaveLength(1);
    expect(heard).toEqual(['framework', 'framework', 'host']);
  });
});

const ADAPTERS = [
  ['express', (options: unknown) => (expressEnvelope as (o: unknown) => unknown)(options)],
  ['koa', (options: unknown) => (koaEnvelope as (o: unknown) => unknown)(options)],
  ['node', (options: unknown) => (nodeEnvelope as (l: unknown, o: unknown) => unknown)(() => 0, options)],
] as const;

describe.each(ADAPTERS)('errorEnvelope of %s', (_name, build) => {
  it.each<[unknown, string]>([
    [null, 'option_invalid: errorEnvelope: options must be an object, not null.'],
    [42, 'option_invalid: errorEnvelope: options must be an object, not the number 42.'],
    ['problem', 'option_invalid: errorEnvelope: options must be an object, not a string.'],
    [[], 'option_invalid: errorEnvelope: options must be an object, not an empty list.'],
    [
      { dialekt: problem() },
      'option_unknown: errorEnvelope: unknown option "dialekt"; did you mean "dialect"?',
    ],
    [
      { dialect: problem },
      'option_invalid: errorEnvelope.dialect must be a dialect, such as envelope(), which has a method "render", not a function.',
    ],
    [{ onEvent: 'log' }, 'option_invalid: errorEnvelope.onEvent must be a function, not a string.'],
    [{ onEvent: null }, 'option_invalid: errorEnvelope.onEvent must be a function, not null.'],
    [{ clock: Date }, 'nothing was thrown'],
    [
      { clock: {} },
      'option_invalid: errorEnvelope.clock must be a clock, which has a method "now", not an object.',
    ],
  ])('judges the options %j', (options, message) => {
    expect(complaint(() => build(options))).toBe(message);
  });
});
