import { parseArgs } from 'node:util';
import { ConfigError, StoreError } from '../core/errors.ts';
import { suggest } from '../core/suggest.ts';
import { allowlistCommands } from './allowlist.ts';
import { clientCommands } from './clients.ts';
import { EXIT, type Answer, type Call, type Command, type ExitCode, type StoreCommand } from './command.ts';
import { loadConfig, type CliConfig } from './config.ts';
import { connectionCommands } from './connections.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { keyCommands } from './keys.ts';
import { routesCommand } from './routes.ts';
import { sessionCommands } from './sessions.ts';
import { UsageError } from './usage-error.ts';

/** Where the tool writes: answers to `out`, everything else to `error`. */
export interface CliOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

const COMMANDS: readonly Command[] = [
  ...keyCommands,
  ...allowlistCommands,
  ...sessionCommands,
  ...connectionCommands,
  ...clientCommands,
  routesCommand,
  doctorCommand,
  explainCommand,
];

/** Options that every command has. */
const COMMON = {
  config: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Runs one command line.
 *
 * @returns The exit code: 0 done, 1 refused or not found, 2 wrongly called, 3 the store is out of reach.
 */
export async function runCli(args: readonly string[], { out, error }: CliOutput): Promise<ExitCode> {
  try {
    const command = findCommand(args);
    if (command === null) {
      out(overview(groupOf(args)));
      return EXIT.done;
    }
    const { values, words } = readLine(args.slice(command.name.split(' ').length), command);
    if (values['help'] === true) {
      out(help(command));
      return EXIT.done;
    }
    const call = { values, words };
    const answer = 'runAlone' in command ? await command.runAlone(call) : await runOnStore(command, call);
    out(values['json'] === true ? JSON.stringify(answer.json) : answer.text);
    return answer.exit;
  } catch (thrown) {
    return explain(thrown, error);
  }
}

/**
 * Reads what follows a command's name. Ids are random and may begin with a dash, which `parseArgs` would take for options
 * of one letter; the tool has none of those in a row.
 */
function readLine(args: readonly string[], { options }: Command): Call {
  const { values, positionals } = parseArgs({
    args: args.map((arg) => (/^-[^-]./.test(arg) ? DASHED + arg : arg)),
    options: { ...options, ...COMMON },
    allowPositionals: true,
  });
  const plain = (text: string): string => (text.startsWith(DASHED) ? text.slice(DASHED.length) : text);
  const plainValue = (value: Call['values'][string]): Call['values'][string] =>
    typeof value === 'string' ? plain(value) : Array.isArray(value) ? value.map(plain) : value;
  return {
    values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, plainValue(value)])),
    words: positionals.map(plain),
  };
}

/** No argument can hold it, since the system ends an argument there. */
const DASHED = '\0';

async function runOnStore(command: StoreCommand, call: Call): Promise<Answer> {
  const { config } = call.values;
  const loaded = await loadConfig(typeof config === 'string' ? config : undefined);
  try {
    return await command.run(call, loaded);
  } finally {
    await closeAll(loaded);
  }
}

function findCommand(args: readonly string[]): Command | null {
  const [first] = args;
  if (first === undefined || first.startsWith('-') || first === 'help') return null;
  if (isGroup(args)) return null;
  const name = COMMANDS.map((command) => command.name).find(
    (candidate) => args.slice(0, candidate.split(' ').length).join(' ') === candidate,
  );
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command !== undefined) return command;
  const asked = args.slice(0, 2).join(' ');
  const meant = suggest(
    asked,
    COMMANDS.map((candidate) => candidate.name),
  );
  throw new UsageError(
    `there is no command "${asked}"${meant === undefined ? '' : `; did you mean "${meant}"?`} See portcullis --help`,
  );
}

/** Whether somebody asks what commands there are that begin with a word, as in `allowlist --help`. */
function isGroup([first = '', second]: readonly string[]): boolean {
  const begin = COMMANDS.some(({ name }) => name.startsWith(`${first} `));
  return begin && (second === undefined || second === '--help' || second === '-h');
}

/** The commands that begin with the first word; all of them when none does. */
function groupOf([first]: readonly string[]): readonly Command[] {
  const group = COMMANDS.filter(({ name }) => name.split(' ')[0] === first);
  return group.length === 0 ? COMMANDS : group;
}

function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`);
  return [
    "Administers the store of an application, live, through the application's own configuration.",
    '',
    ...lines,
    '',
    'Each command has --help, --json for scripts, and --config PATH (default portcullis.config.js).',
  ].join('\n');
}

function help(command: Command): string {
  return [
    command.summary,
    '',
    `  portcullis ${command.name} ${command.usage}`.trimEnd(),
    '',
    ...command.examples.map((example) => `  $ ${example}`),
    '',
    'Exit code 0: done; 1: refused or not found; 2: wrongly called; 3: the store is out of reach.',
  ].join('\n');
}

function explain(thrown: unknown, error: CliOutput['error']): ExitCode {
  if (thrown instanceof StoreError) {
    error(`portcullis: the store is out of reach: ${thrown.message}`);
    return EXIT.unavailable;
  }
  const isCall = thrown instanceof UsageError || thrown instanceof ConfigError || isParseError(thrown);
  error(`portcullis: ${thrown instanceof Error ? thrown.message : 'failed'}`);
  return isCall ? EXIT.usage : EXIT.refused;
}

/** The errors that `util.parseArgs` throws. */
function isParseError(thrown: unknown): boolean {
  return thrown instanceof Error && String((thrown as { code?: unknown }).code).startsWith('ERR_PARSE_ARGS');
}

async function closeAll(config: CliConfig): Promise<void> {
  for (const system of config.systems ?? []) await system.close();
  await config.apiKeys?.close();
  await config.allowlists?.close();
  await config.close?.();
  await config.store.close();
}
