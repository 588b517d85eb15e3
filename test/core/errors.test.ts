import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import {
  AuthError,
  authError,
  concerning,
  ConfigError,
  isAuthError,
  isError,
  isStoreError,
  refusalOf,
  StoreError,
} from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';

describe('authError', () => {
  it('has the status of the reason table, no stack and no message', () => {
    const error = authError('scope_insufficient', { scopes: ['a'] });
    expect(error.status).toBe(403);
    expect(error.details).toEqual({ scopes: ['a'] });
    expect(error).not.toBeInstanceOf(Error);
    expect(Object.keys(error).toSorted()).toEqual(['code', 'details']);
  });

  it('is one shared, frozen value for a reason without details', () => {
    expect(authError('token_expired')).toBe(authError('token_expired'));
    expect(authError('token_expired')).not.toBe(authError('token_malformed'));
    expect(Object.isFrozen(authError('token_expired'))).toBe(true);
    expect(Object.isFrozen(authError('token_expired').details)).toBe(true);
  });

  it('keeps details apart from the shared value', () => {
    expect(authError('rate_limited', { retryAfterSeconds: 3 })).not.toBe(authError('rate_limited'));
    expect(authError('rate_limited').details).toEqual({});
  });
});

describe('isAuthError', () => {
  it('recognises the error of another installed copy of the package', async () => {
    vi.resetModules();
    const other = await import('../../src/core/errors.ts');
    expect(other.AuthError).not.toBe(AuthError);
    expect(isAuthError(new other.AuthError('token_expired'))).toBe(true);
  });

  it.each([null, undefined, 'token_expired', { code: 'token_expired' }, new Error('x'), () => 0])(
    'says no to %s',
    (value) => {
      expect(isAuthError(value)).toBe(false);
    },
  );
});

describe('concerning', () => {
  it('says the same refusal of a token in another role, and leaves the first as it is', () => {
    const error = authError('token_claim_missing', { claim: 'exp' });
    const said = concerning('refresh', error);
    expect(said).toEqual(new AuthError('token_claim_missing', { claim: 'exp', concerns: 'refresh' }));
    expect(isAuthError(said)).toBe(true);
    expect(error.details).toEqual({ claim: 'exp' });
  });
});

describe('the marks of errors', () => {
  it('are symbols of the whole process, the same in every release, so that copies know each other', () => {
    expect(Reflect.get(authError('token_expired'), Symbol.for('portcullis.AuthError'))).toBe(true);
    expect(Reflect.get(new StoreError('x'), Symbol.for('portcullis.StoreError'))).toBe(true);
  });
});

describe('isStoreError and isError', () => {
  it('recognise errors of another realm or another copy, and no value that is none', () => {
    const foreign: unknown = runInNewContext('new TypeError("x")');
    const inherits = Object.create(Error.prototype) as unknown;
    expect(foreign).not.toBeInstanceOf(Error);
    expect([foreign, inherits, new StoreError('x')].map(isError)).toEqual([true, true, true]);
    const others = [null, undefined, 'x', 7, {}, { name: 'Error', message: 'x' }, () => 0];
    expect(others.map(isError)).toEqual(others.map(() => false));
    expect(
      [new StoreError('x'), new Error('x'), { name: 'StoreError' }, null, 'x', undefined].map(isStoreError),
    ).toEqual([true, false, false, false, false, false]);
  });
});

describe('refusalOf', () => {
  it('keeps a refusal that was thrown', () => {
    const error = authError('ip_denied');
    expect(refusalOf(error)).toBe(error);
  });

  it('makes an outage of a StoreError, with its time to wait', () => {
    expect(refusalOf(new StoreError('down', { retryAfterSeconds: 7 }))).toEqual(
      new AuthError('dependency_unavailable', { retryAfterSeconds: 7 }),
    );
    expect(refusalOf(new StoreError('down')).details.retryAfterSeconds).toBe(1);
    const unknown = new StoreError('down', { retryAfterSeconds: undefined });
    expect(refusalOf(unknown).details.retryAfterSeconds).toBe(1);
  });

  it('makes an outage of the StoreError of another installed copy, which is never taken for a mistake', async () => {
    vi.resetModules();
    const other = await import('../../src/core/errors.ts');
    expect(other.StoreError).not.toBe(StoreError);
    expect(refusalOf(new other.StoreError('down', { retryAfterSeconds: 2 })).code).toBe(
      'dependency_unavailable',
    );
  });

  it.each([new Error('x'), new TypeError('x'), 'text', undefined, null, 42, { code: 'token_expired' }])(
    'makes an internal error of %s',
    (thrown) => {
      expect(refusalOf(thrown)).toBe(authError('internal_error'));
    },
  );
});

describe('ConfigError and StoreError', () => {
  it('are errors of their own name, with the cause beside the message', () => {
    const cause = new Error('inner');
    const config = new ConfigError('key_weak', 'keys: too short', { cause });
    expect(config).toBeInstanceOf(TypeError);
    expect(config).toMatchObject({
      name: 'ConfigError',
      code: 'key_weak',
      message: 'keys: too short',
      cause,
    });
    expect(new StoreError('down', { cause })).toMatchObject({ name: 'StoreError', message: 'down', cause });
  });
});

describe('help', () => {
  it('is where the page of the error is in an installed package', () => {
    const errors = [authError('token_expired'), new ConfigError('key_weak', 'x'), new StoreError('x')];
    expect(errors.map(({ help }) => help)).toEqual([
      'portcullis/docs/reference/errors/token_expired.md',
      'portcullis/docs/reference/errors/key_weak.md',
      'portcullis/docs/reference/errors/store_error.md',
    ]);
  });
});

describe('REASONS', () => {
  const codes = Object.entries(REASONS);

  it('is named in snake_case and says for each reason, in a sentence, what happened', () => {
    expect(codes.filter(([code]) => !/^[a-z]+(_[a-z]+)*$/.test(code))).toEqual([]);
    expect(codes.filter(([, { summary }]) => !/^[A-Z].+\.$/.test(summary))).toEqual([]);
  });

  it('says of each reason what a stranger may learn', () => {
    expect(codes.filter(([, { disclosure }]) => !/^[a-z]+(_[a-z]+)*$/.test(disclosure))).toEqual([]);
  });

  it('has an error status for each reason', () => {
    expect(codes.filter(([, { status }]) => status < 400 || status > 503)).toEqual([]);
  });

  it('JWT-11 discloses of every token that is refused nothing but that it is invalid or has expired', () => {
    const tokens = codes.filter(([code]) => code.startsWith('token_') || code.startsWith('subject_'));
    expect(new Set(tokens.map(([, { disclosure }]) => disclosure))).toEqual(
      new Set(['token_invalid', 'token_expired']),
    );
    const expired = tokens
      .filter(([, { disclosure }]) => disclosure === 'token_expired')
      .map(([code]) => code);
    expect(expired).toEqual(['token_expired'] satisfies ReasonCode[]);
  });
});
