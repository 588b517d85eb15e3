import { describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { testFiles, testsDeclaredIn } from '../support/test-names.ts';

/** The rows, and what fails in each. */
const ROWS: Readonly<Record<string, string>> = {
  F1: 'the store is down at start',
  F2: 'the store is killed under load',
  F3: 'the store comes back',
  F4: 'the store hangs',
  F5: 'packets are dropped, connections are reset',
  F6: 'the store is slow',
  F7: 'Sentinels fail over',
  F8: 'Redis takes no writes, is out of memory, wants a password, holds something else',
  F9: 'Redis loses everything',
  F10: 'a server restarts between rotation and replay',
  F11: 'a server is killed between rotation and answer',
  F12: 'PostgreSQL restarts',
  F13: 'the pool is exhausted',
  F14: 'PostgreSQL breaks transactions off',
  F15: 'a proxy gives each transaction another connection',
  F16: 'clocks are wrong',
  F17: 'a provider answers wrongly or not at all',
  F18: 'tokens name keys that nobody has',
  F19: 'keys are rotated in traffic',
  F20: 'two processes share a store',
  F21: 'everybody refreshes at once',
  F22: 'clients hang up',
  F23: 'clients are slow on purpose',
  F24: 'many sign in at once',
  F25: 'the sink of events fails',
  F26: "the host's callbacks fail",
  F27: 'the disk is full',
  F28: 'time passes',
};

describe('The fault matrix', () => {
  it('has a test for each row, named by its id', () => {
    const tests = testFiles(`${PACKAGE_ROOT}test`).flatMap((file) => testsDeclaredIn(file));
    const titles = tests.flatMap((test) => test.titles).join('\n');
    const missing = Object.keys(ROWS).filter((id) => !new RegExp(String.raw`\b${id}\b`).test(titles));
    expect(missing).toEqual([]);
  });
});
