import { isGuarded, type FoundRoute } from './found-route.ts';

/** The routes as text that a version control system compares line by line: sorted, one line a route. */
export function snapshotOf(routes: readonly FoundRoute[]): string {
  return `${routes.map(lineOf).toSorted().join('\n')}\n`;
}

/** The lines that differ, `-` for what was and `+` for what is; empty when nothing does. */
export function changesBetween(before: string, after: string): readonly string[] {
  return [
    ...linesMissing(before, after).map((line) => `- ${line}`),
    ...linesMissing(after, before).map((line) => `+ ${line}`),
  ];
}

/** The lines of one text that the other does not have, or not as often. */
function linesMissing(text: string, other: string): readonly string[] {
  const left = other.split('\n');
  return text.split('\n').filter((line) => {
    const at = left.indexOf(line);
    if (at !== -1) left.splice(at, 1);
    return at === -1 && line !== '';
  });
}

function lineOf(route: FoundRoute): string {
  const what = [
    ...(isGuarded(route) ? [] : ['UNGUARDED']),
    ...(route.unseen === null ? [] : [`unseen ${JSON.stringify(route.unseen)}`]),
    ...(route.system === null ? [] : [`system ${route.system}`]),
    ...route.guards.map((guard) => JSON.stringify(guard)),
  ];
  return `${route.method} ${route.path} ${what.join(' ')}`;
}
