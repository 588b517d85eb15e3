import { createServer, type RequestListener } from 'node:http';
import { parseArgs } from 'node:util';
import { ConfigError } from 'portcullis';
import { greeting, printDecisions, readyLine } from './announce.ts';
import type { Api } from './api.ts';
import { type Framework, readEnvironment, SetupError } from './environment.ts';
import { listen, stopWhenAsked } from './listening.ts';
import { wire } from './wiring.ts';

/** Only the chosen framework is loaded. */
const SERVERS: Readonly<Record<Framework, () => Promise<{ serve: (api: Api) => RequestListener }>>> = {
  express: () => import('./servers/express.ts'),
  koa: () => import('./servers/koa.ts'),
  node: () => import('./servers/node.ts'),
};

try {
  const json = readArguments(process.argv.slice(2));
  const environment = readEnvironment(process.env);
  const api = wire(environment);
  const { serve } = await SERVERS[environment.framework]();
  const server = createServer(serve(api));
  const url = await listen(server, environment);
  stopWhenAsked(server);
  if (json) {
    console.log(readyLine(url, api));
  } else {
    console.log(greeting(url, environment, api));
    printDecisions((line) => console.log(line));
  }
} catch (error) {
  if (!(error instanceof SetupError || error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

/** Whether the program was asked for one line of JSON. */
function readArguments(args: string[]): boolean {
  try {
    return parseArgs({ args, options: { json: { type: 'boolean', default: false } } }).values.json;
  } catch {
    throw new SetupError(`The only argument is --json, not "${args.join(' ')}".`);
  }
}
