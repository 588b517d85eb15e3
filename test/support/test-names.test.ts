import { describe, expect, it } from 'vitest';
import { testsDeclaredIn } from './test-names.ts';

/** The titles and the state of each test in a piece of source. */
function read(source: string): readonly (readonly [string, string])[] {
  return testsDeclaredIn('sample.test.ts', source).map(({ titles, state }) => [titles.join(' | '), state]);
}

describe('testsDeclaredIn', () => {
  it('gives each test with the titles of the suites around it', () => {
    const source = `
      describe('tokens', () => {
        describe(parse, () => { it('reads one', () => {}); });
        test.concurrent(\`reads \${count} more\`, async () => {});
      });`;
    expect(read(source)).toEqual([
      ['tokens | reads one', 'runs'],
      ['tokens | reads ${} more', 'runs'],
    ]);
  });

  it('takes the title that is given to a helper which declares the suite', () => {
    const source =
      "onEachFramework('BB-01 guards', (framework) => { it('answers', () => {}); it.skip('b', f); });";
    expect(read(source)).toEqual([
      ['BB-01 guards | answers', 'runs'],
      ['BB-01 guards | b', 'skipped'],
    ]);
  });

  it('adds the strings of a table to a title that has a slot', () => {
    const source = `
      const ROWS = [{ id: 'AA-02', token: 'x' }];
      it.each(['AA-01 none', 'AA-01 NONE'])('refuses %s', () => {});
      it.each(ROWS)('$id refuses', () => {});
      it.each(Object.entries({ 'AA-03': 1 }))('%s refuses', () => {});
      it.each([['AA-04']])('refuses all', () => {});
      it.each\`id | AA-05\`('$id', () => {});`;
    expect(read(source)).toEqual([
      ['refuses %s | AA-01 none | AA-01 NONE', 'runs'],
      ['$id refuses | AA-02 | x', 'runs'],
      ['%s refuses | AA-03', 'runs'],
      ['refuses all', 'runs'],
      ['$id | id | AA-05', 'runs'],
    ]);
  });

  it.each([
    ["it.skip('a', () => {})", 'skipped'],
    ["it.todo('a')", 'skipped'],
    ["it('a')", 'skipped'],
    ["it.fails('a', () => {})", 'skipped'],
    ["it('a', { skip: true }, () => {})", 'skipped'],
    ["describe.skip('s', () => { it('a', () => {}) })", 'skipped'],
    ["describe.todo('s', () => { it.only('a', () => {}) })", 'skipped'],
    ["it.skipIf(process.env.X)('a', () => {})", 'conditional'],
    ["it.runIf(process.env.X).each([1])('a', () => {})", 'conditional'],
    ["describe.skipIf(true)('s', () => { it('a', () => {}) })", 'conditional'],
    ["it.only('a', () => {})", 'focused'],
    ["describe.only('s', () => { it('a', () => {}) })", 'focused'],
    ["it.sequential('a', () => {})", 'runs'],
  ])('reads %s as %s', (source, state) => {
    expect(testsDeclaredIn('sample.test.ts', source).map((test) => test.state)).toEqual([state]);
  });

  it('finds nothing in comments, in strings and in suites without tests', () => {
    const source = `
      // it('AA-01 in a comment', () => {});
      const text = "it('AA-02 in a string', () => {})";
      describe('AA-03 in a suite that is empty', () => {});
      expect(it).toBe('AA-04');`;
    expect(read(source)).toEqual([]);
  });

  it('says where a test stands', () => {
    const [test] = testsDeclaredIn('a/b.test.ts', "\n\nit('x', () => {});");
    expect(test).toEqual({ titles: ['x'], state: 'runs', file: 'a/b.test.ts', line: 3 });
  });
});
