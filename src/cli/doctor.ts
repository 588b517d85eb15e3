import { isStoreError } from '../core/errors.ts';
import { EXIT, type Answer, type Call, type StoreCommand } from './command.ts';
import type { CliConfig } from './config.ts';
import { checkConfiguration } from './doctor/configuration.ts';
import type { Finding } from './doctor/finding.ts';
import { checkProxies } from './doctor/proxies.ts';
import { checkSecrets } from './doctor/secrets.ts';
import { checkStore } from './doctor/store.ts';
import { table } from './output.ts';

export const doctorCommand: StoreCommand = {
  name: 'doctor',
  summary: 'Checks configuration, secrets, store, clocks and proxies, and says how to mend what is wrong.',
  usage: '',
  examples: ['portcullis doctor', 'portcullis doctor --json'],
  options: {},
  run: examine,
};

/** Warnings leave the exit code at 0, what is wrong makes it 1, and a store that does not answer 3. */
async function examine(_call: Call, config: CliConfig): Promise<Answer> {
  const findings: Finding[] = [
    ...checkConfiguration(config),
    ...checkSecrets(config.secrets),
    ...checkProxies(config.trustedProxies),
  ];
  let reachable = true;
  try {
    findings.push(...(await checkStore(config.store)));
  } catch (thrown) {
    if (!isStoreError(thrown)) throw thrown;
    reachable = false;
    findings.push({
      check: 'store',
      state: 'wrong',
      detail: `out of reach: ${thrown.message}`,
      mend: 'Start the engine, or correct where the configuration says that it is. Until then protected routes answer 503.',
    });
  }
  const ok = findings.every(({ state }) => state !== 'wrong');
  const exit = reachable ? (ok ? EXIT.done : EXIT.refused) : EXIT.unavailable;
  return { exit, json: { ok, findings }, text: textOf(findings) };
}

function textOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, state, detail }) => [check, state, detail]);
  const todo = findings.flatMap(({ check, mend }) => (mend === null ? [] : [`${check}: ${mend}`]));
  const end = todo.length === 0 ? 'There is nothing to mend.' : ['What to do:', ...todo].join('\n');
  return `${table(['CHECK', 'STATE', 'WHAT'], rows, '')}\n\n${end}`;
}
