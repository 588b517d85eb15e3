import { isGuarded, type FoundRoute } from './found-route.ts';

/** The routes as text that a version control system compares line by line: sorted, one line a route. */
export function snapshotOf(routes: readonly FoundRoute[]): string {
  return `${routes.map(lineOf).toSorted().join('\n')}\n`;
}

/** The lines that differ, `-` for what was and `+` for what is; empty when nothing does. */
export function changesBetween(before: string, after: string): readonly string[] {
  const [was, is] = [before, after].map((text) => text.split('\n').filter((line) => line !== ''));
  return [
    ...(was ?? []).filter((line) => is?.includes(line) === false).map((line) => `- ${line}`),
    ...(is ?? []).filter((line) => was?.includes(line) === false).map((line) => `+ ${line}`),
  ];
}

function lineOf(route: FoundRoute): string {
  const what = isGuarded(route)
    ? [
        ...(route.system === null ? [] : [`system ${route.system}`]),
        ...route.guards.map((guard) => JSON.stringify(guard)),
      ]
    : ['UNGUARDED'];
  return `${route.method} ${route.path} ${what.join(' ')}`;
}
