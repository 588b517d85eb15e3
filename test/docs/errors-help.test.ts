import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  authError,
  ConfigError,
  isAuthError,
  refusalOf,
  StoreError,
  type ConfigErrorCode,
} from '../../src/core/errors.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { transpileSources, type TranspiledSources } from '../support/transpiled-sources.ts';
import { DIALECTS, REASON_CODES } from './errors-answers.ts';
import { CONFIG_ERROR_CODES } from './errors-pages.ts';

/** The first line of the page that an error leads to, which is looked for as below a `node_modules` folder. */
function headingAt(help: string): string | undefined {
  const [name, ...path] = help.split('/');
  expect(name).toBe('portcullis');
  return readFileSync(join(PACKAGE_ROOT, ...path), 'utf8').split('\n')[0];
}

describe('help', () => {
  it.each(REASON_CODES)('of the refusal %s leads to its page', (code) => {
    expect(headingAt(authError(code).help)).toBe(`# ${code}`);
  });

  it.each(CONFIG_ERROR_CODES)('of the ConfigError %s leads to its page', (code) => {
    expect(headingAt(new ConfigError(code as ConfigErrorCode, 'x').help)).toBe(`# ${code}`);
  });

  it('of a StoreError leads to the page of outages', () => {
    expect(headingAt(new StoreError('x').help)).toBe('# store_error');
  });

  it('is a property of what is thrown, and none of a refusal, which is made in a flood', () => {
    expect(Object.keys(new ConfigError('key_weak', 'x'))).toContain('help');
    expect(Object.keys(new StoreError('x'))).toContain('help');
    expect(Object.keys(authError('token_expired', { claim: 'exp' })).toSorted()).toEqual(['code', 'details']);
  });

  it.each(REASON_CODES)('of the refusal %s is in no answer of any dialect', (code) => {
    const context = { schemes: ['Bearer'], method: 'GET', path: '/' } as const;
    const error = authError(code);
    const answers = JSON.stringify(DIALECTS.map((dialect) => dialect.render(error, context)));
    expect([answers.includes(error.help), answers.includes('docs/reference')]).toEqual([false, false]);
  });

  it('is missing in a refusal of an older copy of the package, which is taken all the same', () => {
    const mark = { [Symbol.for('portcullis.AuthError')]: true };
    const older = Object.assign(Object.create(mark) as object, { code: 'token_expired', details: {} });
    expect(isAuthError(older)).toBe(true);
    expect(refusalOf(older)).toBe(older);
  });
});

describe('an application that nobody catches the error of', () => {
  let sources: TranspiledSources;
  beforeAll(() => {
    sources = transpileSources(['src/core', 'src/middleware/require-scopes.ts']);
  });
  afterAll(() => sources.dispose());

  function standardErrorOf(program: string): string {
    const file = join(sources.folder, 'app.js');
    writeFileSync(file, program);
    const { status, stderr } = spawnSync(process.execPath, [file], {
      cwd: dirname(file),
      encoding: 'utf8',
      env: { NO_COLOR: '1' },
    });
    expect(status).toBe(1);
    return stderr;
  }

  it('prints where the page of its ConfigError is', () => {
    const printed = standardErrorOf(
      "import { requireScopes } from './src/middleware/require-scopes.js';\nrequireScopes();\n",
    );
    expect(printed).toContain('ConfigError: requireScopes: name at least one scope');
    expect(printed).toMatch(/^ {2}help: 'portcullis\/docs\/reference\/errors\/option_missing\.md'$/m);
  });

  it('prints where the page of its StoreError is', () => {
    const printed = standardErrorOf(
      "import { StoreError } from './src/core/errors.js';\nawait Promise.reject(new StoreError('The store is down.'));\n",
    );
    expect(printed).toContain('StoreError: The store is down.');
    expect(printed).toMatch(/^ {2}help: 'portcullis\/docs\/reference\/errors\/store_error\.md',?$/m);
  });
});
