import { describe, expect, it } from 'vitest';
import { authError } from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import type { Reply } from '../../src/core/reply.ts';
import { envelope } from '../../src/dialects/envelope.ts';
import { problem } from '../../src/dialects/problem.ts';

const CODES = Object.keys(REASONS) as readonly ReasonCode[];
const DIALECTS = [
  { name: 'envelope', dialect: envelope(), contentType: 'application/json' },
  {
    name: 'envelope with bare challenges',
    dialect: envelope({ bareChallenge: true }),
    contentType: 'application/json',
  },
  { name: 'problem', dialect: problem(), contentType: 'application/problem+json' },
];

describe.each(DIALECTS)('$name', ({ dialect, contentType }) => {
  function answer(code: ReasonCode): Reply {
    const details = { claim: 'a_claim_of_the_token', scopes: ['s'], retryAfterSeconds: 1, allow: ['GET'] };
    return dialect.render(authError(code, details), {
      schemes: ['Bearer'],
      method: 'GET',
      path: '/secret-path',
    });
  }

  it('BT-10 answers every reason with an error status, one content type and a JSON object', () => {
    for (const code of CODES) {
      const { status, headers, body } = answer(code);
      expect([code, status >= 400 && status < 600]).toEqual([code, true]);
      expect(headers.filter(([name]) => name === 'Content-Type')).toEqual([['Content-Type', contentType]]);
      expect(JSON.parse(body)).toBeTypeOf('object');
    }
  });

  it('keeps every refusal out of caches', () => {
    const cached = CODES.filter(
      (code) => !answer(code).headers.some((line) => line.join(': ') === 'Cache-Control: no-store'),
    );
    expect(cached).toEqual([]);
  });

  it('challenges with every 401, since RFC 9110 section 15.5.2 demands one', () => {
    const bare = CODES.filter((code) => answer(code).status === 401).filter(
      (code) => !answer(code).headers.some(([name]) => name === 'WWW-Authenticate'),
    );
    expect(bare).toEqual([]);
  });

  it('BT-11 tells no stranger a finer reason than may be disclosed', () => {
    const told = CODES.filter((code) => {
      const { headers, body } = answer(code);
      const written = `${headers.join('\n')}\n${body}`;
      const { disclosure, summary } = REASONS[code];
      return (code !== disclosure && written.includes(code)) || written.includes(summary);
    });
    expect(told).toEqual([]);
  });

  it('BT-11 gives reasons of one disclosure and one status the very same answer', () => {
    const answers = new Map<string, Set<string>>();
    for (const code of CODES) {
      const { disclosure, status } = REASONS[code];
      const key = `${disclosure} ${status}`;
      const challenge = WITHOUT_ERROR.has(code) ? 'bare' : 'with error';
      const known = answers.get(`${key} ${challenge}`) ?? new Set();
      answers.set(`${key} ${challenge}`, known.add(JSON.stringify(answer(code))));
    }
    expect([...answers].filter(([, different]) => different.size > 1)).toEqual([]);
  });

  it('BT-11 repeats neither the path nor the claim of the refusal', () => {
    const telling = CODES.filter((code) =>
      /secret-path|a_claim_of_the_token/.test(JSON.stringify(answer(code))),
    );
    expect(telling).toEqual([]);
  });

  it('fails for a reason that no table knows, so that the guard answers 500 and nothing made up', () => {
    const unknown = { code: 'made_up', status: 200, details: {} } as unknown as ReturnType<typeof authError>;
    expect(() => dialect.render(unknown, { schemes: [], method: 'GET', path: '/' })).toThrow(TypeError);
  });
});

/** No credential was sent, so the challenge has no error code (RFC 6750 section 3.1); bodies are still the same. */
const WITHOUT_ERROR: ReadonlySet<ReasonCode> = new Set(['credentials_missing', 'scheme_unsupported']);
