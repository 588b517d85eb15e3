import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run.ts';
import { ALL_CODES, leadOf } from '../docs/errors-pages.ts';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import type { ToolRun } from './tool.ts';

const FOLDER = join(PACKAGE_ROOT, 'docs/reference/errors');

async function explain(...args: readonly string[]): Promise<ToolRun> {
  const out: string[] = [];
  const error: string[] = [];
  const exit = await runCli(['explain', ...args], {
    out: (text) => out.push(text),
    error: (text) => error.push(text),
  });
  return { exit, out: out.join('\n'), error: error.join('\n') };
}

describe('portcullis explain', () => {
  it('says of a reason what it means and how to mend it, and where the page is', async () => {
    const { exit, out } = await explain('token_not_yet_valid');
    expect({ exit, out: out.split('\n') }).toEqual({
      exit: 0,
      out: [
        'token_not_yet_valid (AuthError, 401)',
        'The token starts to be valid, or was issued, in the future.',
        '',
        'To mend it: set the clocks of issuer and server; `clockSkewSeconds` allows 60 seconds unless it says otherwise.',
        '',
        join(FOLDER, 'token_not_yet_valid.md'),
      ],
    });
  });

  it('says of a mistake in the wiring that it is a ConfigError, which has no status', async () => {
    const { exit, out } = await explain('key_weak', '--json');
    expect({ exit, ...(JSON.parse(out) as object) }).toEqual({
      exit: 0,
      code: 'key_weak',
      error: 'ConfigError',
      status: null,
      meaning: 'A key is too short for its algorithm, or is one that can be guessed.',
      mend: 'make a key with the command that the message gives, and keep it where secrets are kept.',
      page: join(FOLDER, 'key_weak.md'),
    });
  });

  it.each(ALL_CODES)('knows %s as its page does', async (code) => {
    const { exit, out } = await explain(code, '--json');
    const told = JSON.parse(out) as Readonly<Record<string, unknown>>;
    const page = readFileSync(String(told['page']), 'utf8');
    const { error, status, meaning } = leadOf(page);
    expect({ exit, ...told }).toMatchObject({
      exit: 0,
      error,
      status: status === '' ? null : Number(status),
      meaning,
    });
    expect(page.replaceAll('\n', ' ')).toContain(`# ${code}  ${error}`);
    expect(page.replaceAll('\n', ' ')).toContain(`  To mend it: ${String(told['mend'])}  ## `);
  });

  it.each([
    [['tokn_expired'], 'there is no error code "tokn_expired"; did you mean "token_expired"?'],
    [['StoreError'], 'there is no error code "StoreError"; did you mean "store_error"?'],
    [['something_else_entirely'], 'there is no error code "something_else_entirely"'],
    [['../errors/token_expired'], 'there is no error code "../errors/token_expired"'],
    [[''], 'there is no error code ""'],
    [[], 'name the CODE'],
    [['key_weak', 'key_invalid'], 'one CODE at a time; "key_invalid" is one too many'],
  ])('is wrongly called as %j', async (args, error) => {
    expect(await explain(...args)).toEqual({ exit: 2, out: '', error: `portcullis: ${error}` });
  });
});
