import { subscribe } from 'node:diagnostics_channel';
import type { DecisionEvent } from 'portcullis';
import type { Api } from './api.ts';
import type { Demo } from './demo-data.ts';
import type { Environment } from './environment.ts';

/** What a person reads when the server is ready: where it is, and lines to paste into another terminal. */
export function greeting(
  url: string,
  { framework, host }: Environment,
  { mounted }: Api,
  demo: Demo | null,
): string {
  return [
    `The example API listens on ${url} (${framework}).`,
    '',
    'Paste into another terminal:',
    ...mounted.flatMap(({ demonstration }) => ['', ...demonstration.samples(url, demo)]),
    '',
    ...(demo === null
      ? [`Since others can reach ${host}, users to try it with are made only with DEMO=1.`, '']
      : []),
    'What is decided about each request appears here. Ctrl-C stops the server.',
    '',
  ].join('\n');
}

/** What a program reads: everything in one line. */
export function readyLine(url: string, { mounted }: Api, demo: Demo | null): string {
  const members: object[] = demo === null ? [] : mounted.map(({ demonstration }) => demonstration.json(demo));
  return JSON.stringify(Object.assign({ ready: true, url }, ...members));
}

/** Prints every decision but those about probes. The reason stands here only; the caller learns less. */
export function printDecisions(print: (line: string) => void): void {
  subscribe('portcullis:decision', (message) => {
    const { outcome, guard, reason, principal, method, path } = message as DecisionEvent;
    if (guard === 'open') return;
    const why = reason ?? (principal === null ? 'nobody' : `${principal.kind} ${principal.id}`);
    // Node's parser lets only printable ASCII into a path, so a terminal finds nothing in it to obey.
    print(`${outcome.padEnd(8)} ${method} ${path}  ${why}`);
  });
}
