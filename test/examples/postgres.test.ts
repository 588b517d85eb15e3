import { describe, expect, it } from 'vitest';
import { POSTGRES_SOURCE, startPostgres } from '../support/postgres.ts';
import { itEndsBoth, twoHosts } from './two-hosts.ts';

describe.skipIf(POSTGRES_SOURCE === null)('the example host with PostgreSQL', () => {
  const hosts = twoHosts(async () => {
    const postgres = await startPostgres();
    return { store: await postgres.createDatabase(), stop: () => postgres.stop() };
  });

  it('says in one line that its database cannot be reached, and ends', () => {
    expect(hosts.refusedWith('postgres://app:hunter2@127.0.0.1:1/app')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'The PostgreSQL store failed with ECONNREFUSED: nothing listens at its address.\n',
    });
  });

  itEndsBoth(hosts);
});
