import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { afterAll } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';

/** The example host, running as a process of its own, as a user runs it. */
export interface ExampleHost {
  readonly process: ChildProcess;
  /** Everything that it has printed so far. */
  output(): string;
  /** Resolves when it has printed something that matches. */
  printed(pattern: RegExp): Promise<string>;
  /** Sends a signal and waits for the end. */
  stop(signal?: NodeJS.Signals): Promise<Ending>;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Start {
  /** Variables besides those of this process; without others the port is a free one, and the store in memory. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly command?: readonly [string, ...string[]];
}

const BUILT = ['node', 'examples/dist/api/main.js'] as const;
const OWN_VARIABLES = [
  'FRAMEWORK',
  'EXPRESS_MAJOR',
  'KOA_MAJOR',
  'HOST',
  'PORT',
  'PUBLIC_URL',
  'STORE',
  'DATA_DIR',
  'JWT_SECRET',
  'TRUSTED_PROXIES',
  'ACCESS_SECONDS',
  'REFRESH_SECONDS',
  'REUSE_GRACE_SECONDS',
  'AUDIT_LOG',
  'DEMO',
  'GOOGLE_CLIENT_ID',
  'GOOGLE_CLIENT_SECRET',
  'FACEBOOK_CLIENT_ID',
  'FACEBOOK_CLIENT_SECRET',
  'FACEBOOK_LOGIN',
  'SOCIAL_SIGNUP',
  'SOCIAL_REDIRECT_URIS',
  'npm_lifecycle_event',
];
const DEFAULTS = { PORT: '0', STORE: 'memory:' };

/** Builds what has changed since the last build, as `npm start` does. */
export function buildExamples(): void {
  const { status, stderr } = spawnSync('node', ['scripts/build.mjs', '--examples'], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
}

/** Starts the host on a free port. It is ended after the tests of the file, if no test has ended it. */
export function startHost({ env = {}, args = [], command = BUILT }: Start = {}): ExampleHost {
  const [program, ...before] = command;
  const child = spawn(program, [...before, ...args], {
    cwd: PACKAGE_ROOT,
    env: { ...cleanEnvironment(), ...DEFAULTS, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return {
    process: child,
    output: () => text,
    async printed(pattern) {
      for (;;) {
        const found = pattern.exec(text)?.[0];
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode} after: ${text}`);
        await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
      }
    },
    async stop(signal = 'SIGTERM') {
      const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
      child.kill(signal);
      const [code, by] = await ended;
      running.delete(child);
      return { code, signal: by };
    },
  };
}

/** What a host prints in one line when it is asked for JSON. */
export interface ReadyLine {
  readonly ready: true;
  readonly url: string;
  readonly b2b: Named<'username'> & {
    readonly client_id: number;
    readonly other: Named<'username'> & { readonly client_id: number };
  };
  readonly jwt: Named<'email'> & {
    readonly workspace: string;
    readonly other: Named<'email'> & { readonly workspace: string };
    readonly inactive: Named<'email'>;
    readonly noWorkspace: Named<'email'>;
  };
  readonly apiKey: string;
  readonly otherWorkspaceApiKey: string;
  readonly session: Named<'username'> & {
    readonly accounts: readonly number[];
    readonly forbiddenAccount: number;
    readonly admin: Named<'username'>;
  };
  readonly oauth: {
    readonly confidential: Application & { readonly team: string; readonly team2: string };
    readonly public: Omit<Application, 'client_secret'>;
    readonly serviceAccount: Application & { readonly service_account: string };
    readonly user: Named<'username'>;
    readonly otherUser: Named<'username'>;
  };
}

interface Application {
  readonly client_id: string;
  readonly client_secret: string;
  readonly redirect_uri: string;
}

type Named<N extends string> = Readonly<Record<N | 'password', string>>;

/** Starts the host with `--json` and waits until it is ready. */
export async function startReady(start: Start = {}): Promise<ExampleHost & { readonly ready: ReadyLine }> {
  const host = startHost({ ...start, args: [...(start.args ?? []), '--json'] });
  const line = await host.printed(/^.*\n/);
  return { ...host, ready: JSON.parse(line) as ReadyLine };
}

/** Runs the host when it cannot start, or another program beside it: what it says, and how it ends. */
export function runHost({ env = {}, args = [], command = BUILT }: Start): {
  code: number | null;
  stdout: string;
  stderr: string;
} {
  const [program, ...before] = command;
  const { status, stdout, stderr } = spawnSync(program, [...before, ...args], {
    cwd: PACKAGE_ROOT,
    encoding: 'utf8',
    env: { ...cleanEnvironment(), ...DEFAULTS, ...env },
    timeout: 20_000,
  });
  return { code: status, stdout, stderr };
}

const running = new Set<ChildProcess>();

/** Ends every host that is still up after the tests of a file; a test file calls it once. */
export function endHostsAfterAll(): void {
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
  });
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.includes(name)));
}
