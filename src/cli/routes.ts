import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { listOption, optionalOption, requiredWord } from './arguments.ts';
import { EXIT, type Answer, type Call, type StandaloneCommand } from './command.ts';
import { done, refused } from './output.ts';
import { isGuarded, type FoundRoute } from './routes/found-route.ts';
import { mergeIntoDocument, openApiFragment, type OpenApiDocument } from './routes/openapi.ts';
import { routesOf } from './routes/routes-of.ts';
import { changesBetween, snapshotOf } from './routes/snapshot.ts';
import { routeTable } from './routes/table.ts';
import { UsageError } from './usage-error.ts';

export const routesCommand: StandaloneCommand = {
  name: 'routes',
  summary: 'Lists the routes of an application, each with the guards in front of it.',
  usage:
    'ENTRY [--export NAME] [--pass-through FUNCTION ...] [--fail-on-unguarded] [--snapshot FILE [--update]] [--openapi [--into DOCUMENT]]',
  examples: [
    'portcullis routes ./dist/app.js',
    'portcullis routes ./dist/app.js --fail-on-unguarded --pass-through corsMiddleware --pass-through logger',
    'portcullis routes ./dist/app.js --snapshot routes.txt',
    'portcullis routes ./dist/app.js --openapi --into openapi.json > openapi.guarded.json',
  ],
  options: {
    export: { type: 'string' },
    'pass-through': { type: 'string', multiple: true },
    'fail-on-unguarded': { type: 'boolean' },
    snapshot: { type: 'string' },
    update: { type: 'boolean' },
    openapi: { type: 'boolean' },
    into: { type: 'string' },
  },
  runAlone: listRoutes,
};

async function listRoutes(call: Call): Promise<Answer> {
  const entry = requiredWord(call, 'ENTRY');
  const app = await loadApplication(entry, optionalOption(call, 'export'));
  const routes = routesOf(app, { passThrough: listOption(call, 'pass-through') });
  const answer = show(routes, call);
  const fails = call.values['fail-on-unguarded'] === true && routes.some((route) => !isGuarded(route));
  return fails ? { ...answer, exit: EXIT.refused } : answer;
}

function show(routes: readonly FoundRoute[], call: Call): Answer {
  if (call.values['openapi'] === true) return openApi(routes, optionalOption(call, 'into'));
  const file = optionalOption(call, 'snapshot');
  if (file !== undefined) return compare(routes, file, call.values['update'] === true);
  const unguarded = routes.filter((route) => !isGuarded(route));
  const unseen = unguarded.filter((route) => route.unseen !== null);
  const advice = [
    ...adviceOn(unguarded.length - unseen.length, 'route has', 'routes have', NO_GUARD),
    ...adviceOn(unseen.length, 'line is', 'lines are', UNSEEN),
  ];
  return done(routes, [routeTable(routes), ...(advice.length === 0 ? [] : ['', ...advice])].join('\n'));
}

function adviceOn(count: number, one: string, several: string, text: string): readonly string[] {
  return count === 0 ? [] : [`${count} ${count === 1 ? one : several} ${text}`];
}

const NO_GUARD = "no guard. Put guard(authenticate(...)) in front, or guard(open('why it is public')).";
const UNSEEN =
  'of what cannot be looked into and may answer unguarded. Put a guard in front, or, if it only passes requests on, ' +
  'name it with --pass-through FUNCTION.';

/** The application that a module exports, or that a function which it exports makes. */
async function loadApplication(entry: string, name: string | undefined): Promise<unknown> {
  const file = resolve(entry);
  if (!existsSync(file)) throw new UsageError(`there is no file ${entry}`);
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const found = name === undefined ? (module['default'] ?? module['app']) : module[name];
  if (found === undefined) {
    throw new UsageError(
      `${entry} exports no ${name ?? 'default and no "app"'}; name what it exports with --export NAME`,
    );
  }
  const isFactory = typeof found === 'function' && !('use' in found) && !('handle' in found);
  return isFactory ? (found as () => unknown)() : found;
}

function openApi(routes: readonly FoundRoute[], into: string | undefined): Answer {
  const fragment = openApiFragment(routes);
  const document = into === undefined ? fragment : mergeIntoDocument(readDocument(into), fragment);
  return done(document, JSON.stringify(document, null, 2));
}

function readDocument(path: string): OpenApiDocument {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as OpenApiDocument;
  } catch (error) {
    throw new UsageError(`${path} is no JSON document that can be read: ${(error as Error).message}`);
  }
}

function compare(routes: readonly FoundRoute[], file: string, update: boolean): Answer {
  const snapshot = snapshotOf(routes);
  const before = existsSync(file) ? readFileSync(file, 'utf8') : null;
  if (update || before === null) {
    writeFileSync(file, snapshot);
    return done({ written: file, routes: routes.length }, `${file}: ${routes.length} routes written`);
  }
  const changes = changesBetween(before, snapshot);
  if (changes.length === 0) return done({ changes }, `${file}: unchanged`);
  return refused({ changes }, [...changes, '', `If this is meant, write it down with --update.`].join('\n'));
}
