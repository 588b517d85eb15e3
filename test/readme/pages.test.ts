import { describe, expect, it } from 'vitest';
import { pageNames, stepsOf } from './pages.ts';

const FENCE = '```';

/** A page with these lines, where one `~` begins a fence. */
function page(...lines: readonly string[]): ReturnType<typeof stepsOf> {
  return stepsOf('page.md', lines.map((line) => line.replace(/^~(?!~)/, FENCE)).join('\n'));
}

describe('stepsOf', () => {
  it('gives each module and command with its line, and with the output behind it', () => {
    const steps = page(
      '# A',
      '~ts',
      'one();',
      'two();',
      '~',
      'Words.',
      '~text',
      'out',
      '~',
      '~sh',
      'npm ci',
      '~',
    );
    expect(steps).toEqual([
      {
        language: 'ts',
        text: 'one();\ntwo();',
        line: 3,
        place: 'page.md:3',
        section: 1,
        shown: { language: 'text', text: 'out', line: 8 },
      },
      { language: 'sh', text: 'npm ci', line: 11, place: 'page.md:11', section: 1, shown: undefined },
    ]);
  });

  it('takes a second text behind a step, and one in another section, for a drawing', () => {
    const steps = page('~ts', 'a', '~', '~text', 'out', '~', '~text', 'b', '~', '# B', '~text', 'c', '~');
    expect(steps.map(({ shown }) => shown?.text)).toEqual(['out']);
  });

  it.each([
    ['output without a step', ['~json', '1', '~'], 'page.md:2: nothing before it gives this output'],
    [
      'output in another section',
      ['~sh', 'curl x', '~', '# B', '~http', 'HTTP/1.1 200 OK', '~'],
      'page.md:6: nothing before it gives this output',
    ],
    [
      'another language',
      ['~typescript', '~'],
      'page.md:2: "typescript" is none of ts, js, sh, http, json, text',
    ],
    ['no language', ['~', 'a', '~'], 'page.md:2: "" is none of ts, js, sh, http, json, text'],
    ['a fence in a list', ['- a', '  ```ts', '  ```'], 'page.md:2: a fence begins at the margin, with ```'],
    ['a fence of tildes', ['~~~ts', '~~~'], 'page.md:1: a fence begins at the margin, with ```'],
    ['a fence left open', ['~ts', 'a'], 'page.md:1: a fence is not closed'],
  ])('refuses %s', (_, lines, message) => {
    expect(() => page(...lines)).toThrow(message);
  });

  it('reads the README and every page below docs', () => {
    expect(pageNames()).toEqual(
      expect.arrayContaining([
        'README.md',
        'docs/README.md',
        'docs/architecture.md',
        'docs/reference/errors.md',
      ]),
    );
  });
});
