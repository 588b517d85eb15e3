import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type AuthClient, authClient } from './auth-node.ts';
import { transpileSources } from './transpiled-sources.ts';

/** A node in a process of its own. */
export interface AuthProcess extends AuthClient {
  readonly pid: number;
  /** Ends it as an operator does. */
  stop(): Promise<void>;
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>;
  /** All that it has written to standard output and standard error so far. */
  output(): string;
}

export interface AuthProcessSettings {
  readonly store: { readonly kind: string; readonly url: string };
  /** Options of the login limits; without them logins are not limited. */
  readonly limits?: object | undefined;
  /** Options of both systems, in plain data. */
  readonly options?: object | undefined;
  /** Options of Node itself. */
  readonly nodeOptions?: readonly string[] | undefined;
}

/** Starts nodes from the sources as they are, and ends those that are left. */
export interface AuthProcesses {
  start(settings: AuthProcessSettings): Promise<AuthProcess>;
  dispose(): Promise<void>;
}

export function authProcesses(): AuthProcesses {
  const sources = transpileSources([
    'src',
    'strategies',
    'test/support/auth-node.ts',
    'test/support/jwt-forge.ts',
  ]);
  const program = fileURLToPath(new URL('auth-server.mjs', import.meta.url));
  const running = new Set<ChildProcess>();

  async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    if (!running.delete(child)) return;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
  }

  return {
    async start({ nodeOptions = [], ...settings }) {
      const child = fork(program, [sources.folder, JSON.stringify(settings)], {
        execArgv: [...nodeOptions],
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      });
      running.add(child);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', (chunk: string) => {
          output += chunk;
        });
      }
      const [first] = (await Promise.race([once(child, 'message'), once(child, 'close')])) as [unknown];
      const { port } = (first ?? {}) as { port?: number };
      if (port === undefined) throw new Error(`The node did not start: ${output}`);
      const client = authClient(port);
      return {
        ...client,
        pid: child.pid ?? 0,
        output: () => output,
        async stop() {
          client.close();
          await end(child, 'SIGTERM');
        },
        async kill() {
          client.close();
          await end(child, 'SIGKILL');
        },
      };
    },
    async dispose() {
      await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
      sources.dispose();
    },
  };
}
