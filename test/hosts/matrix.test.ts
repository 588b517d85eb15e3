import { describe, expect, it } from 'vitest';
import { stopHostsAfterEach } from '../support/frameworks.ts';
import { noteWarnings } from '../support/process-warnings.ts';
import { ENDPOINT_CASES } from './cases/endpoints.ts';
import { ERROR_CASES } from './cases/errors.ts';
import { GUARD_CASES } from './cases/guards.ts';
import { HANDLER_CASES } from './cases/handlers.ts';
import { TRANSPORT_CASES } from './cases/transport.ts';
import { HOSTS } from './hosts.ts';

stopHostsAfterEach();
noteWarnings();

const CASES = [...GUARD_CASES, ...HANDLER_CASES, ...ERROR_CASES, ...ENDPOINT_CASES, ...TRANSPORT_CASES];

// In a title, `%s` is the whole name, of which `$name` would show the first forty characters.
describe.each(HOSTS.map((host) => [host.name, host] as const))('%s', (_, host) => {
  it.each(CASES.map(({ name, show }) => [name, show] as const))('%s', async (__, show) => {
    expect.hasAssertions();
    await show(host);
  });
});
