import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript-6';
import { remoteStore, type StoreProcess } from '../../src/stores/testing.ts';
import { PACKAGE_ROOT } from './package-exports.ts';

/** Starts processes that run the sources as they are now, without a build. */
export interface StoreProcesses {
  /**
   * A process that serves a store.
   *
   * @param worker A program of this folder; its arguments are the folder of the transpiled sources, and then these.
   */
  spawn(worker: string, args: readonly string[]): Promise<StoreProcess>;
  /** Removes what was made for them. */
  dispose(): void;
}

export function storeProcesses(): StoreProcesses {
  const folder = transpileSources();
  return {
    async spawn(worker, args) {
      const program = fileURLToPath(new URL(worker, import.meta.url));
      const child = fork(program, [folder, ...args], {
        execArgv: [],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      });
      const complaint = textOf(child);
      try {
        return { store: await remoteStore(child), kill: () => kill(child) };
      } catch (cause) {
        throw new Error(`The store process did not start: ${await complaint}`, { cause });
      }
    },
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A folder below node_modules, where the sources find their packages, with the floors that a store stands on. */
function transpileSources(): string {
  const cache = join(PACKAGE_ROOT, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'stores-'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const floor of ['core', 'stores']) {
    for (const name of readdirSync(join(PACKAGE_ROOT, 'src', floor), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue;
      const target = join(folder, floor, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(target), { recursive: true });
      const text = readFileSync(join(PACKAGE_ROOT, 'src', floor, name), 'utf8');
      writeFileSync(target, ts.transpileModule(text, { compilerOptions: COMPILER_OPTIONS }).outputText);
    }
  }
  return folder;
}

const COMPILER_OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
};

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function textOf(child: ChildProcess): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of child.stderr ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
