import type { Answer, Call, Command } from './command.ts';
import type { CliConfig } from './config.ts';
import { done, refused, table } from './output.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Checks configuration, store, clock and proxies, and says how to mend what is wrong.',
  usage: '',
  examples: ['portcullis doctor', 'portcullis doctor --json'],
  options: {},
  run: examine,
};

interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'wrong';
  readonly detail: string;
}

async function examine(_call: Call, config: CliConfig): Promise<Answer> {
  const findings = [...(await checkStore(config)), ...checkServices(config), ...checkProxies(config)];
  const isSound = findings.every((finding) => finding.state !== 'wrong');
  const rows = findings.map(({ check, state, detail }) => [check, state, detail]);
  const text = table(['CHECK', 'STATE', 'WHAT'], rows, '');
  return (isSound ? done : refused)({ ok: isSound, findings }, text);
}

/** Clocks that are further apart expire tokens early or late. */
const MAX_SKEW_MS = 5_000;

async function checkStore({ store }: CliConfig): Promise<Finding[]> {
  const before = Date.now();
  const { serverNow } = await store.ping();
  const skew = Math.round(serverNow - (before + Date.now()) / 2);
  const clock: Finding =
    Math.abs(skew) <= MAX_SKEW_MS
      ? { check: 'clock', state: 'ok', detail: `${skew} ms from the store's` }
      : {
          check: 'clock',
          state: 'wrong',
          detail: `${skew} ms from the store's; set both by NTP, since expiry and grace are judged by them`,
        };
  await store.feedRead(null);
  return [{ check: 'store', state: 'ok', detail: `answered in ${Date.now() - before} ms` }, clock];
}

function checkServices({ systems, apiKeys, allowlists }: CliConfig): Finding[] {
  const names = (systems ?? []).map((system) => system.name);
  const present = (check: string, value: unknown): Finding => ({
    check,
    state: value === undefined ? 'warning' : 'ok',
    detail:
      value === undefined ? 'not in the configuration, so that it cannot be administered here' : 'configured',
  });
  return [
    {
      check: 'systems',
      state: names.length > 0 ? 'ok' : 'warning',
      detail:
        names.length > 0
          ? names.join(', ')
          : 'none in the configuration; sessions cannot be administered here',
    },
    present('apiKeys', apiKeys),
    present('allowlists', allowlists),
  ];
}

function checkProxies({ trustedProxies }: CliConfig): Finding[] {
  if (trustedProxies === undefined) return [];
  const detail =
    trustedProxies.length === 0
      ? 'nobody is trusted: right without a proxy; behind one, every client has its address'
      : trustedProxies.join(', ');
  return [{ check: 'proxies', state: 'ok', detail }];
}
