#!/usr/bin/env node
import { runCli } from './run.ts';

async function main(): Promise<void> {
  process.exitCode = await runCli(process.argv.slice(2), {
    out: (text) => process.stdout.write(`${text}\n`),
    error: (text) => process.stderr.write(`${text}\n`),
  });
  // An application that was loaded to be looked at may hold servers and connections open; it is not waited for.
  setTimeout(() => process.exit(), 500).unref();
}

void main();
