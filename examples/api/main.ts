import { createServer, type RequestListener, type Server } from 'node:http';
import { parseArgs } from 'node:util';
import { startSweeper } from 'portcullis/stores/sweeper';
import { greeting, printDecisions, readyLine } from './announce.ts';
import type { Api } from './api.ts';
import { type Demo, seed } from './demo-data.ts';
import { type Environment, readEnvironment, SetupError } from './environment.ts';
import { type Host, openHost } from './host.ts';
import { listen, stopWhenAsked } from './listening.ts';
import { sayWhatIsWrong } from './mistakes.ts';
import { close, wire } from './wiring.ts';

try {
  const json = readArguments(process.argv.slice(2));
  const environment = readEnvironment(process.env);
  const host = await openHost(environment);
  const server = createServer();
  // First of all, since an OAuth server has to know its own URL.
  const url = await listen(server, environment);
  const { api, demo } = await build(server, host, url);
  const stopSweeper = startSweeper(host.store, { onError: (error) => console.error(error) });
  stopWhenAsked(server, async () => {
    await stopSweeper();
    await close(api, host);
  });
  if (json) {
    console.log(readyLine(url, api, demo));
  } else {
    console.log(greeting(url, environment, api, demo));
    printDecisions((line) => console.log(line));
  }
} catch (error) {
  sayWhatIsWrong(error);
}

/** Puts everything together behind the server, or stops it. */
async function build(
  server: Server,
  host: Host,
  url: string,
): Promise<{ readonly api: Api; readonly demo: Demo | null }> {
  try {
    const api = wire(host, url);
    const demo = host.environment.demo ? await seed(host) : null;
    server.on('request', await listenerOf(api, host.environment));
    return { api, demo };
  } catch (error) {
    server.close();
    throw error;
  }
}

/** Loads the chosen framework only. */
async function listenerOf(api: Api, { framework, frameworkPackage }: Environment): Promise<RequestListener> {
  const load = {
    express: () => import('./servers/express.ts'),
    koa: () => import('./servers/koa.ts'),
    node: () => import('./servers/node.ts'),
  }[framework];
  const { serve } = await load();
  try {
    return await serve(api, frameworkPackage);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const [major = ''] = /\d+$/.exec(frameworkPackage) ?? [];
    const alias = `${frameworkPackage}@npm:${framework}@${major || 'latest'}`;
    throw new SetupError(
      `The package ${frameworkPackage} is not installed; "npm install --no-save ${alias}" fetches it.`,
      { cause: error },
    );
  }
}

/** Whether the program was asked for one line of JSON. */
function readArguments(args: string[]): boolean {
  try {
    return parseArgs({ args, options: { json: { type: 'boolean', default: false } } }).values.json;
  } catch {
    throw new SetupError(`The only argument is --json, not "${args.join(' ')}".`);
  }
}
