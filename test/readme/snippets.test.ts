import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../support/package-exports.ts';
import { parseCurl, performCurl } from './curl.ts';
import { isTranscript, pageNames, type Step, stepsOf } from './pages.ts';
import { partShown, shownBy, unwrapped } from './shown.ts';
import { typeErrors } from './type-check.ts';
import { openWorkshop, type Workshop } from './workshop.ts';

const pages = pageNames()
  .map((name) => ({ name, steps: stepsOf(name) }))
  .filter(({ steps }) => steps.length > 0);

let workshop: Workshop;
beforeAll(() => {
  process.env['JWT_SECRET'] = 'a secret of these tests, long enough for HS256';
  workshop = openWorkshop();
});
afterAll(() => {
  delete process.env['JWT_SECRET'];
  workshop.close();
});

describe.each(pages.filter(({ name }) => !isTranscript(name)))('$name', ({ steps }) => {
  /** The servers that the modules of each section started. */
  const ports = new Map<number, number[]>();
  /** What `$TOKEN` stands for: the JWT that a module of the page printed. */
  const variables: Record<string, string> = {};

  afterAll(() => workshop.stopServers());

  it.each(steps.filter(isModule))('does at $place what it shows', async (step) => {
    const { output, ports: started } = await workshop.run(step);
    ports.set(step.section, [...(ports.get(step.section) ?? []), ...started]);
    const token = JWT.test(output) ? output : undefined;
    if (token !== undefined) variables['TOKEN'] = token;
    expect(unwrapped(output)).toBe(token ?? unwrapped(step.shown?.text ?? ''));
  });

  it.each(steps.filter(isRequest))('gets from every server of $place the answer it shows', async (step) => {
    const command = parseCurl(step.text, variables);
    const servers = ports.get(step.section) ?? [];
    const answers = await Promise.all(servers.map((port) => performCurl(command, port)));
    expect(servers).not.toEqual([]);
    expect(answers.map((answer) => partShown(answer, step))).toEqual(servers.map(() => shownBy(step)));
  });

  it.each(steps.filter(isCommand))('names at $place scripts that exist', ({ text }) => {
    const named = [...text.matchAll(/\bnpm (?:run )?([a-z:]+)/g)].map(([, script]) => script);
    expect(named.filter((script) => script === undefined || !KNOWN.has(script))).toEqual([]);
  });
});

describe('README.md', () => {
  it('shows one route on all three servers, refused with 401 and admitted with 200', () => {
    const steps = stepsOf('README.md');
    const [request] = steps.filter(isRequest);
    const route = steps.filter((step) => step.section === request?.section);
    const adapters = route.flatMap(({ text }) => /'portcullis\/(express|koa|node)'/.exec(text)?.[1] ?? []);
    expect(adapters).toEqual(['express', 'koa', 'node']);
    expect(route.filter(isRequest).map(({ shown }) => shown?.text.split('\n')[0])).toEqual([
      'HTTP/1.1 401 Unauthorized',
      '{ "reader": "u-17", "products": ["lantern", "rope"] }',
    ]);
  });
});

describe('the modules of all pages', () => {
  it('compile under strict options', { timeout: 120_000 }, () => {
    const modules = pages.flatMap(({ steps }) => steps.filter(({ language }) => language === 'ts'));
    expect(typeErrors(modules.map((step) => workshop.fileOf(step)))).toEqual([]);
  });
});

function isModule({ language }: Step): boolean {
  return language !== 'sh';
}

function isRequest({ language, text }: Step): boolean {
  return language === 'sh' && text.startsWith('curl ');
}

function isCommand(step: Step): boolean {
  return step.language === 'sh' && !isRequest(step);
}

const { scripts } = JSON.parse(readFileSync(`${PACKAGE_ROOT}package.json`, 'utf8')) as { scripts: object };
const KNOWN: ReadonlySet<string> = new Set([...Object.keys(scripts), 'ci', 'install', 'pack']);

const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
