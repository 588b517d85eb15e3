#!/usr/bin/env node
import { runCli } from './run.ts';

runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
}).then(
  (exit) => {
    process.exitCode = exit;
  },
  (thrown: unknown) => {
    throw thrown;
  },
);
