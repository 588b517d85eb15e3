import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAuthError, type AuthError } from '../../src/core/errors.ts';
import { areWithin, isScopeToken, parseScope, sameScopes } from '../../src/core/scopes.ts';
import { readCallback } from '../../src/providers/callback.ts';
import { matchRedirectUri } from '../../src/services/oauth-clients/redirect-uris.ts';
import { readBody, type BodyEncoding, type DecodedBody } from '../../src/systems/request-body.ts';
import { PARAMETERS, readQuery } from '../../src/systems/oauth/parameters.ts';
import { isVerifier } from '../../src/systems/oauth/pkce.ts';
import { repeatedMembers } from '../../src/systems/oauth/repeated-members.ts';
import { readTeamScope } from '../../src/systems/oauth/scopes.ts';
import { withParameters } from '../../src/systems/oauth/urls.ts';
import { exchangeWith } from '../support/fake-exchange.ts';

const ALL: readonly BodyEncoding[] = ['json', 'form', 'multipart'];
const text = fc.string({ unit: 'grapheme' });

function read(bytes: Uint8Array, contentType: string | undefined): Promise<DecodedBody | AuthError> {
  return readBody(
    exchangeWith({}, { body: () => Promise.resolve({ kind: 'bytes', bytes, contentType }) }),
    ALL,
  );
}

describe('readBody', () => {
  it('AU-11 answers any bytes under any content type with a body or a refusal', async () => {
    const types = fc.oneof(
      fc.constantFrom(
        undefined,
        'application/json',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ),
      fc.string(),
    );
    const content = fc.oneof(
      fc.uint8Array({ minLength: 1 }),
      fc
        .array(fc.constantFrom('--x', '\r\n', 'Content-Disposition: form-data; name="a"', '--', 'v', '"'), {
          minLength: 1,
        })
        .map((pieces) => Buffer.from(pieces.join(''))),
    );
    await fc.assert(
      fc.asyncProperty(content, types, async (bytes, type) => {
        const body = await read(bytes, type);
        const said = isAuthError(body) ? body.code : body.kind;
        expect(['json', 'form', 'body_syntax', 'body_media_type']).toContain(said);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads back every JSON value, and every form, repeated names and their order included', async () => {
    const fields = fc.array(fc.tuple(fc.constantFrom('a', 'b', '__proto__', '\u00fc'), text), {
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fields, async (value, pairs) => {
        const sent = JSON.stringify(value);
        expect(await read(Buffer.from(sent), 'application/json')).toEqual({
          kind: 'json',
          value: JSON.parse(sent),
        });
        const form = new URLSearchParams(pairs as [string, string][]).toString();
        expect(await read(Buffer.from(form), 'application/x-www-form-urlencoded')).toEqual({
          kind: 'form',
          fields: pairs,
        });
      }),
    );
  });

  it('reads back every field of a multipart body', async () => {
    const fields = fc.array(fc.tuple(fc.constantFrom('a', 'b', '__proto__'), fc.string()), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fields, async (pairs) => {
        const boundary = '----------------boundary';
        const parts = pairs.map(
          ([name, value]) =>
            `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
        );
        const bytes = Buffer.from(`${parts.join('')}--${boundary}--\r\n`);
        expect(await read(bytes, `multipart/form-data; boundary=${boundary}`)).toEqual({
          kind: 'form',
          fields: pairs,
        });
      }),
    );
  });
});

describe('repeatedMembers', () => {
  it('OS-05 names exactly the members that the top of an object has twice, however they are spelled', () => {
    const name = fc.oneof(fc.constantFrom('scope', 'code', '"', '\\', '{'), fc.string());
    const spelled = fc.tuple(name, fc.boolean()).map(([each, escaped]) => ({
      name: each,
      spelling: escaped
        ? `"${Array.from(each)
            .map((c) =>
              c
                .split('')
                .map((u) => `\\u${u.charCodeAt(0).toString(16).padStart(4, '0')}`)
                .join(''),
            )
            .join('')}"`
        : JSON.stringify(each),
    }));
    fc.assert(
      fc.property(fc.array(fc.tuple(spelled, fc.json())), (members) => {
        const names = members.map(([each]) => each.name);
        const sent = `{${members.map(([each, value]) => `${each.spelling} : ${value}`).join(',')}}`;
        expect(repeatedMembers(sent)).toEqual(
          new Set(names.filter((each, at) => names.indexOf(each) !== at)),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('readQuery and readCallback', () => {
  it('OS-05 OC-01 give each parameter that comes once, and say which came twice', () => {
    const name = fc.constantFrom(...PARAMETERS, 'error', 'iss', 'other', '__proto__');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text)), (pairs) => {
        const query = new URLSearchParams(pairs as [string, string][]).toString();
        const { parameters, repeated } = readQuery(query);
        const answer = readCallback(query);
        const times = (each: string): number => pairs.filter(([known]) => known === each).length;
        expect(repeated).toEqual(new Set(PARAMETERS.filter((each) => times(each) > 1)));
        const first = (each: string): string | undefined =>
          pairs.find(([known]) => known === each)?.[1] || undefined;
        for (const each of PARAMETERS) expect(parameters.get(each)).toBe(first(each));
        const isRepeated = ['code', 'state', 'error', 'iss'].some((each) => times(each) > 1);
        const once = {
          code: first('code') ?? null,
          state: first('state') ?? null,
          error: first('error') ?? null,
          issuer: first('iss') ?? null,
        };
        expect(answer).toEqual(isRepeated ? 'repeated' : once);
      }),
    );
  });

  it('OS-04 find in an answer what was put into it, behind what the redirect URI has already', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('https://a.example/', 'https://a.example/?', 'com.example:/x?k=v'),
        text,
        (uri, state) => {
          const url = new URL(
            withParameters(uri, [
              ['state', state],
              ['code', 'c'],
            ]),
          );
          expect(url.href.startsWith(uri.replace(/\?$/, ''))).toBe(true);
          expect([url.searchParams.get('state'), url.searchParams.get('code'), url.hash]).toEqual([
            state,
            'c',
            '',
          ]);
        },
      ),
    );
  });
});

describe('scopes', () => {
  const scope = fc.string({ minLength: 1 }).filter((each) => isScopeToken(each));

  it('OS-10 read back what was joined, once each, and nothing else parses', () => {
    fc.assert(
      fc.property(fc.array(scope, { minLength: 1 }), fc.string(), (scopes, any) => {
        const scopesRead = parseScope(scopes.join(' '));
        expect(scopesRead).toEqual([...new Set(scopes)]);
        expect(sameScopes(scopesRead ?? [], [...new Set(scopes)].toReversed())).toBe(true);
        const parsed = parseScope(any);
        expect(parsed === null || /^[\x21-\x7e]+( [\x21-\x7e]+)*$/.test(any)).toBe(true);
      }),
    );
  });

  it('OS-10 OS-12 never give a scope or a team that was not allowed', () => {
    const word = fc.constantFrom('read', 'write', 'admin', 'team_a', 'team_b', 'team_', 'team_a ', '');
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const reading = readTeamScope(words.join(' '), ['read', 'write'], ['a']);
        if (isAuthError(reading)) return;
        expect(areWithin(reading.scopes, ['read', 'write', 'team_a'])).toBe(true);
        expect(reading.team).toBe(words.includes('team_a') || words.includes('team_a ') ? 'a' : null);
      }),
    );
  });
});

describe('matchRedirectUri', () => {
  const registered = ['https://a.example/cb', 'http://127.0.0.1/cb', 'com.example.app:/cb'];

  it('OS-04 gives an address that was sent back only if it is registered to the character, but for a loopback port', () => {
    const start = fc.constantFrom(...registered, 'http://127.0.0.1:80', 'http://localhost', '');
    const end = fc.oneof(
      fc.constantFrom('', '/', '/cb', ':8080/cb', '?x', '#x', '@evil.example', '/../cb', '%2f'),
      fc.string(),
    );
    fc.assert(
      fc.property(start, end, (a, b) => {
        const asked = a + b;
        const found = matchRedirectUri(registered, asked);
        const isAllowed = registered.includes(asked) || /^http:\/\/127\.0\.0\.1(:\d{1,5})?\/cb$/.test(asked);
        expect(found === asked || found === null).toBe(true);
        if (found !== null) return isAllowed;
        return !registered.includes(asked);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('isVerifier', () => {
  it('OS-02 takes 43 to 128 unreserved characters and nothing else', () => {
    const unreserved = fc.string({
      unit: fc.constantFrom(...'aZ09-._~'.split('')),
      minLength: 40,
      maxLength: 131,
    });
    fc.assert(
      fc.property(
        unreserved,
        fc.nat(130),
        fc.constantFrom('+', '/', '=', ' ', '\n', '\u00e9'),
        (verifier, at, odd) => {
          expect(isVerifier(verifier)).toBe(verifier.length >= 43 && verifier.length <= 128);
          expect(isVerifier(verifier.slice(0, at) + odd + verifier.slice(at))).toBe(false);
        },
      ),
    );
  });
});
