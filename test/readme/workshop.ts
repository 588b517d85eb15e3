import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, Server } from 'node:net';
import { dirname, join } from 'node:path';
import { format } from 'node:util';
import { vi } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import type { Step } from './pages.ts';

/** What came of running a module. */
export interface Run {
  /** What it printed, and at the end what it threw, as `Name: message`. */
  readonly output: string;
  /** The ports of the servers that it started. */
  readonly ports: readonly number[];
}

/** Where the modules of the pages become files and run. */
export interface Workshop {
  /**
   * The file of a module. Its lines have the numbers that they have on the page, for errors and stack traces. A first line
   * such as `// app.js` names the file, so that other modules of the page can import it.
   */
  fileOf(step: Step): string;
  run(step: Step): Promise<Run>;
  /** Ends every server that is still up. */
  stopServers(): Promise<void>;
  close(): void;
}

/**
 * Opens a workshop inside the project, where modules find the packages that the project has installed. While it is
 * open, whatever listens in this process does so on a free port of the loopback address.
 */
export function openWorkshop(): Workshop {
  const parent = join(PACKAGE_ROOT, '.data');
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, 'snippets-'));
  const servers: Server[] = [];
  /** Those that a module has stopped itself. */
  const stopped = new WeakSet<Server>();
  // oxlint-disable-next-line typescript/unbound-method -- it is called with its own `this` below
  const { listen } = Server.prototype;
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (
    this: Server,
    ...args: unknown[]
  ) {
    servers.push(this);
    this.once('close', () => stopped.add(this));
    const callback = args.findLast((each) => typeof each === 'function') as (() => void) | undefined;
    return Reflect.apply(listen, this, [0, '127.0.0.1', callback]) as Server;
  });

  function fileOf({ place, language, line, text }: Step): string {
    const [, named] = /^\/\/ ([\w.-]+\.[jt]s)$/m.exec(text.split('\n', 1)[0] ?? '') ?? [];
    const own = join(folder, `${place.replaceAll(':', '-line-')}.${language}`);
    const file = named === undefined ? own : join(dirname(own), named);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '\n'.repeat(line - 1) + text);
    return file;
  }

  return {
    fileOf,
    async run(step) {
      const before = servers.length;
      const printed: string[] = [];
      const log = vi.spyOn(console, 'log').mockImplementation((...args: unknown[]) => {
        printed.push(format(...args));
      });
      try {
        await import(/* @vite-ignore */ fileOf(step));
      } catch (thrown) {
        printed.push(String(thrown));
      } finally {
        log.mockRestore();
      }
      const running = servers.slice(before).filter((server) => !stopped.has(server));
      const ports = await Promise.all(running.map(portOf));
      return { output: printed.join('\n'), ports };
    },
    async stopServers() {
      await Promise.all(servers.splice(0).map(closed));
    },
    close() {
      spy.mockRestore();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function portOf(server: Server): Promise<number> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
