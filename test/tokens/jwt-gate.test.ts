import { describe, expect, it } from 'vitest';
import { isAuthError } from '../../src/core/errors.ts';
import type { JwtAlgorithm } from '../../src/tokens/algorithms.ts';
import { jwtGate, MAX_JWT_CHARACTERS } from '../../src/tokens/jwt-gate.ts';
import { raw, segment } from '../support/jwt-forge.ts';

const HS256: ReadonlySet<JwtAlgorithm> = new Set<JwtAlgorithm>(['HS256']);
const GOOD = { alg: 'HS256', typ: 'JWT' };

/** A token with this header whose other parts are well-formed and mean nothing to the gate. */
function withHeader(header: unknown): string {
  return `${segment(header)}.${segment({})}.AAAA`;
}

/** The header that passed, or the code of the refusal. */
function pass(token: string, typ: string = 'JWT', algorithms: ReadonlySet<JwtAlgorithm> = HS256): unknown {
  const result = jwtGate({ algorithms, typ })(token);
  return isAuthError(result) ? result.code : result;
}

describe('jwtGate', () => {
  it('passes one canonical compact JWS and gives algorithm and kid', () => {
    expect(pass(withHeader(GOOD))).toEqual({ algorithm: 'HS256', kid: null });
    expect(pass(withHeader({ ...GOOD, kid: 'k1' }))).toEqual({ algorithm: 'HS256', kid: 'k1' });
    expect(pass(withHeader({ alg: 'HS256' }))).toEqual({ algorithm: 'HS256', kid: null });
  });

  it.each([
    'none',
    'None',
    'NONE',
    'nOnE',
    'hs256',
    'Hs256',
    'HS256 ',
    ' HS256',
    'HS-256',
    'HS256\u0000',
    'HS384',
    'RS256',
    '',
    'EdDSA',
    'HS1',
    '__proto__',
    'constructor',
    'toString',
  ])('JWT-02 refuses the algorithm %j', (alg) => {
    expect(pass(withHeader({ ...GOOD, alg }))).toBe('token_algorithm_refused');
  });

  it.each([null, 256, true, ['HS256'], { alg: 'HS256' }, undefined])(
    'JWT-02 refuses an algorithm that is no string: %j',
    (alg) => {
      expect(pass(withHeader({ ...GOOD, alg }))).toBe('token_algorithm_refused');
    },
  );

  it.each([
    ['a path', '../../etc/passwd'],
    ['SQL', "' OR 1=1 --"],
    ['a name of Object.prototype', '__proto__'],
    ['256 characters', 'k'.repeat(256)],
  ])('JWT-06 passes the kid on as data: %s', (_, kid) => {
    expect(pass(withHeader({ ...GOOD, kid }))).toEqual({ algorithm: 'HS256', kid });
  });

  it.each([
    ['a number', 1],
    ['null', null],
    ['an object', {}],
    ['a list', ['k1']],
    ['an empty string', ''],
    ['257 characters', 'k'.repeat(257)],
  ])('JWT-06 refuses a kid that is %s', (_, kid) => {
    expect(pass(withHeader({ ...GOOD, kid }))).toBe('token_header_refused');
  });

  it.each([
    ['an extension', { crit: ['x'], x: 1 }],
    ['nothing', { crit: [] }],
    ['b64', { crit: ['b64'], b64: false }],
    ['exp', { crit: ['exp'] }],
    ['a string', { crit: 'exp' }],
    ['null', { crit: null }],
    ['an object', { crit: {} }],
  ])('JWT-13 refuses a crit of %s', (_, extra) => {
    expect(pass(withHeader({ ...GOOD, ...extra }))).toBe('token_header_refused');
  });

  it.each([{ b64: false }, { b64: true }, { b64: 'no' }])('JWT-13 refuses b64 without crit: %j', (extra) => {
    expect(pass(withHeader({ ...GOOD, ...extra }))).toBe('token_header_refused');
  });

  it.each([
    ['no parts', ''],
    ['two parts', 'e30.e30'],
    ['four parts', 'e30.e30.AAAA.AAAA'],
    ['five parts', 'e30.e30.AAAA.AAAA.AAAA'],
    ['an empty signature', `${segment(GOOD)}.e30.`],
    ['an empty payload', `${segment(GOOD)}..AAAA`],
    ['an empty header', '.e30.AAAA'],
    ['a blank at the end', `${withHeader(GOOD)} `],
    ['a tab at the end', `${withHeader(GOOD)}\t`],
    ['a newline at the end', `${withHeader(GOOD)}\n`],
    ['a blank in front', ` ${withHeader(GOOD)}`],
    ['padding', `${withHeader(GOOD)}=`],
    ['padding inside', `${segment(GOOD)}=.e30.AAAA`],
    ['a blank inside a part', `${segment(GOOD)}.e3 0.AAAA`],
    ['plus and slash', `${segment(GOOD)}.e30.+/+/`],
    ['a NUL', `${segment(GOOD)}.e30.AA\u0000AA`],
    [
      'the JSON serialisation',
      JSON.stringify({ protected: segment(GOOD), payload: 'e30', signature: 'AAAA' }),
    ],
  ])('JWT-14 refuses %s', (_, token) => {
    expect(pass(token)).toBe('token_malformed');
  });

  it.each([
    ['header', (canonical: string) => `${canonical}.e30.AAAA`, segment({ alg: 'HS256', kid: 'a' })],
    ['payload', (canonical: string) => `${segment(GOOD)}.${canonical}.AAAA`, segment({ a: 1 })],
    [
      'signature',
      (canonical: string) => `${segment(GOOD)}.e30.${canonical}`,
      Buffer.alloc(32, 7).toString('base64url'),
    ],
    [
      'signature of two spare characters',
      (c: string) => `${segment(GOOD)}.e30.${c}`,
      Buffer.alloc(31, 7).toString('base64url'),
    ],
  ])('JWT-14 accepts only one spelling of the same bytes: %s', (_, tokenWith, canonical) => {
    const spellings = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .split('')
      .map((last) => canonical.slice(0, -1) + last)
      .filter((text) => Buffer.from(text, 'base64url').equals(Buffer.from(canonical, 'base64url')));
    const accepted = spellings.filter((text) => pass(tokenWith(text)) !== 'token_malformed');
    expect(canonical.length % 4).not.toBe(0);
    expect(spellings.length).toBeGreaterThan(1);
    expect(accepted).toEqual([canonical]);
  });

  it.each([segment(GOOD), 'AAAAA', 'A'])('JWT-14 refuses a length that encodes nothing: %s', (text) => {
    expect(pass(`${segment(GOOD)}.e30.${text.slice(0, 4 * Math.floor(text.length / 4))}A`)).toBe(
      'token_malformed',
    );
  });

  it.each([
    ['no JSON', raw('{"alg":"HS256"')],
    ['an array', raw('["HS256"]')],
    ['a string', raw('"HS256"')],
    ['null', raw('null')],
    ['a number', raw('1')],
    [
      'bytes that are no UTF-8',
      Buffer.from([...Buffer.from('{"alg":"HS256","kid":"'), 0xff, ...Buffer.from('"}')]),
    ],
    ['a byte order mark', raw('\ufeff{"alg":"HS256"}')],
  ])('JWT-15 refuses a header that is %s', (_, header) => {
    expect(pass(withHeader(header))).toBe('token_malformed');
  });

  it.each(['null', 'true', '7', '"u1"', '[]', '', ' ', '\n', '\ufeff{}'])(
    'JWT-15 refuses the payload %j',
    (payload) => {
      expect(pass(`${segment(GOOD)}.${segment(raw(payload))}.AAAA`)).toBe('token_malformed');
    },
  );

  it('JWT-15 refuses a payload of blanks, whatever was read before it', () => {
    const payload = (text: string): unknown => pass(`${segment(GOOD)}.${segment(raw(text))}.AAAA`);
    for (let blanks = 1; blanks <= 4; blanks++) {
      expect(payload(`${' '.repeat(4)}{}`)).toEqual({ algorithm: 'HS256', kid: null });
      expect(payload(' '.repeat(blanks))).toBe('token_malformed');
    }
  });

  it('JWT-15 passes an object with blanks around it', () => {
    expect(pass(`${segment(GOOD)}.${segment(raw(' \t\r\n{} '))}.AAAA`)).toEqual({
      algorithm: 'HS256',
      kid: null,
    });
  });

  it('JWT-15 refuses a payload that is no UTF-8, of which the library makes the same text as of another', () => {
    const payloads = [[0xff], [0xfe], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]];
    const tokens = payloads.map((bytes) => `${segment(GOOD)}.${segment(Buffer.from([0x7b, ...bytes]))}.AAAA`);
    expect(tokens.map((token) => pass(token))).toEqual(payloads.map(() => 'token_malformed'));
  });

  it('JWT-15 reads a header with a member twice as the library behind it does: the last one counts', () => {
    expect(pass(withHeader(raw('{"alg":"none","alg":"HS256"}')))).toEqual({ algorithm: 'HS256', kid: null });
    expect(pass(withHeader(raw('{"alg":"HS256","alg":"none"}')))).toBe('token_algorithm_refused');
  });

  it('takes nothing from the prototype of a header', () => {
    expect(pass(withHeader(raw('{"__proto__":{"alg":"HS256","typ":"JWT"}}')))).toBe(
      'token_algorithm_refused',
    );
  });

  it.each([
    ['JWT', 'JWT', true],
    ['JWT', undefined, true],
    ['JWT', 'jwt', false],
    ['JWT', 'at+jwt', false],
    ['JWT', 'logout+jwt', false],
    ['JWT', null, false],
    ['JWT', ['JWT'], false],
    ['at+jwt', 'at+jwt', true],
    ['at+jwt', 'JWT', false],
    ['at+jwt', undefined, false],
    ['at+jwt', 'AT+JWT', false],
  ])('JWT-11 where typ is %s, judges %j', (typ, sent, passes) => {
    const result = pass(withHeader({ alg: 'HS256', typ: sent }), typ);
    expect(result).toEqual(passes ? { algorithm: 'HS256', kid: null } : 'token_type_refused');
  });

  it('BT-08 looks at no token longer than the limit', () => {
    const rest = `${segment(GOOD)}.e30.`;
    const longest = `${rest}${'A'.repeat(MAX_JWT_CHARACTERS - rest.length)}`;
    expect(longest).toHaveLength(MAX_JWT_CHARACTERS);
    expect(pass(longest)).toEqual({ algorithm: 'HS256', kid: null });
    expect(pass(`${longest}A`)).toBe('token_malformed');
  });

  it('gives the same answer to the same header however many others it has seen', () => {
    const gate = jwtGate({ algorithms: HS256, typ: 'JWT' });
    const good = withHeader({ ...GOOD, kid: 'good' });
    for (let i = 0; i < 200; i += 1) {
      expect(gate(withHeader({ ...GOOD, kid: `k${i}` }))).toEqual({ algorithm: 'HS256', kid: `k${i}` });
      expect(gate(withHeader({ alg: 'none', kid: `k${i}` }))).toMatchObject({
        code: 'token_algorithm_refused',
      });
      expect(gate(good)).toEqual({ algorithm: 'HS256', kid: 'good' });
    }
  });

  it('reads a header once for all tokens that have it, and remembers a few headers only', () => {
    const gate = jwtGate({ algorithms: HS256, typ: 'JWT' });
    const tokens = Array.from({ length: 65 }, (_, i) => withHeader({ ...GOOD, kid: `k${i}` }));
    const first = tokens.map((token) => gate(token));
    const isRemembered = tokens.map((token, i) => gate(token) === first[i]);
    expect(isRemembered).toEqual([...Array<boolean>(64).fill(true), false]);
  });
});
