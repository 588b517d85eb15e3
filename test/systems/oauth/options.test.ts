import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../../src/stores/memory.ts';
import { oauthSystem, type OAuthOptions } from '../../../src/systems/oauth/system.ts';
import { complaint } from '../../support/complaint.ts';
import { testDirectory } from './directory.ts';
import { SCOPES, SECRET } from './stage.ts';

const RIGHT: OAuthOptions = {
  store: memoryStore(),
  directory: testDirectory(),
  issuer: 'https://api.example.com',
  pages: null,
  scopes: SCOPES,
  secret: SECRET,
  keys: SECRET,
};

function said(changes: Readonly<Record<string, unknown>>): string {
  return complaint(() => oauthSystem({ ...RIGHT, ...changes }));
}

describe('Options of oauthSystem', () => {
  it('takes the least that it needs', () => {
    expect(said({})).toBe('nothing was thrown');
    expect(said({ keys: undefined, accessTokens: 'opaque' })).toBe('nothing was thrown');
    expect(said({ loginLimiter: null, endpointLimiter: null })).toBe('nothing was thrown');
  });

  it.each([
    'https://api.example.com',
    'https://api.example.com:8443/tenants/acme',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'http://localhost:3000',
  ])('takes the issuer %s', (issuer) => {
    expect(said({ issuer })).toBe('nothing was thrown');
  });

  it.each([
    'https://api.example.com/',
    'http://api.example.com',
    'https://user@api.example.com',
    'https://api.example.com?x=1',
    'https://api.example.com#x',
    'api.example.com',
    'ftp://api.example.com',
    '',
  ])('refuses the issuer "%s"', (issuer) => {
    expect(said({ issuer })).toMatch(/^option_invalid: oauthSystem\.issuer must be a/);
    expect(said({ webAppUrl: issuer })).toMatch(/^option_invalid: oauthSystem\.webAppUrl must be a/);
  });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['no issuer', { issuer: undefined }, /^option_missing: oauthSystem\.issuer/],
    [
      'no limiter',
      { endpointLimiter: false },
      /^option_invalid: oauthSystem\.endpointLimiter must be a callback/,
    ],
    ['no limiter of logins', { loginLimiter: false }, /^option_invalid: oauthSystem\.loginLimiter must be a/],
    ['no word about pages', { pages: undefined }, /^option_missing: oauthSystem\.pages/],
    ['no scopes', { scopes: undefined }, /^option_missing: oauthSystem\.scopes/],
    ['scopes without words', { scopes: ['a'] }, /oauthSystem\.scopes must be an object with a description/],
    ['a scope of two words', { scopes: { 'a b': 'x' } }, /oauthSystem\.scopes must be named by words/],
    ['a scope that names a team', { scopes: { team_1: 'x' } }, /begins with "team_"/],
    ['a scope with nothing to say', { scopes: { a: '' } }, /oauthSystem\.scopes\["a"\]/],
    ['no keys for JWTs', { keys: undefined }, /^option_missing: oauthSystem\.keys/],
    ['weak keys', { keys: 'short' }, /^key_weak: oauthSystem\.keys/],
    ['no secret', { secret: undefined }, /^key_\w+: oauthSystem\.secret/],
    ['a weak secret', { secret: 'short' }, /^key_weak: oauthSystem\.secret/],
    ['the password grant', { grants: ['password'] }, /^option_invalid: oauthSystem\.grants/],
    ['codes that live for an hour', { codeSeconds: 3_600 }, /oauthSystem\.codeSeconds/],
    ['polls each second', { deviceIntervalSeconds: 1 }, /oauthSystem\.deviceIntervalSeconds/],
    ['another status', { insufficientScopeStatus: 404 }, /oauthSystem\.insufficientScopeStatus/],
    ['another kind of token', { accessTokens: 'paseto' }, /oauthSystem\.accessTokens/],
    ['plain HTTP for the resource', { resource: 'http://api.example.com' }, /oauthSystem\.resource/],
    [
      'a slip of the pen',
      { scope: {} },
      /^option_unknown: oauthSystem: unknown option "scope"; did you mean "scopes"/,
    ],
  ])('refuses %s', (_name, changes, sentence) => {
    expect(said(changes)).toMatch(sentence);
  });

  it('refuses a key that cannot sign', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(said({ keys: publicKey, algorithm: 'ES256' })).toMatch(/^key_invalid: oauthSystem\.keys/);
  });

  it('says nothing of the secrets in any refusal', () => {
    for (const value of [`${SECRET} `.repeat(3), 'kept-secret']) {
      expect(said({ secret: value, keys: value, issuer: 1 })).not.toContain(value);
    }
  });
});
