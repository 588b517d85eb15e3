import { describe, expect, it } from 'vitest';
import type { EntryGuard } from '../../src/core/decision.ts';
import type { Principal } from '../../src/core/principal.ts';
import { authenticate } from '../../src/middleware/authenticate.ts';
import { compilePipeline } from '../../src/middleware/pipeline.ts';
import { MAX_JWT_CHARACTERS } from '../../src/tokens/jwt-gate.ts';
import { exchangeWith } from '../support/fake-exchange.ts';
import { onEachFramework, stopHostsAfterEach } from '../support/frameworks.ts';
import { rawGet } from '../support/http-client.ts';
import { segment } from '../support/jwt-forge.ts';
import { jwtStrategy, startJwtHost } from './jwt-bench.ts';

stopHostsAfterEach();

/** Header values of any length that have made readers of headers and tokens slow, here or elsewhere. */
const SHAPES: readonly (readonly [string, (length: number) => string])[] = [
  ['one long word', (n) => 'a'.repeat(n)],
  ['the scheme and one long word', (n) => `Bearer ${'a'.repeat(n)}`],
  ['a word and a byte that ends it', (n) => `Bearer ${'a'.repeat(n)}!`],
  ['blanks', (n) => `Bearer${' '.repeat(n)}`],
  ['blanks before a word', (n) => `Bearer${' '.repeat(n)}a`],
  ['blanks and tabs in turn', (n) => `Bearer${' \t'.repeat(n / 2)}a`],
  ['blanks alone', (n) => ' '.repeat(n)],
  ['words', (n) => `Bearer ${'a '.repeat(n / 2)}`],
  ['commas', (n) => `Bearer ${','.repeat(n)}`],
  ['commas and blanks', (n) => `Bearer ${', '.repeat(n / 2)}`],
  ['points', (n) => `Bearer ${'.'.repeat(n)}`],
  ['a word and points', (n) => `Bearer ${'a.'.repeat(n / 2)}`],
  ['three parts', (n) => `Bearer ${'a'.repeat(n / 3)}.${'b'.repeat(n / 3)}.${'c'.repeat(n / 3)}`],
  [
    'three parts and a bad end',
    (n) => `Bearer ${'a'.repeat(n / 3)}.${'b'.repeat(n / 3)}.${'c'.repeat(n / 3)}!`,
  ],
  ['padding', (n) => `Bearer a${'='.repeat(n)}`],
  ['padding and a bad end', (n) => `Bearer a${'='.repeat(n)}a`],
  [
    'a long header part',
    (n) => `Bearer ${segment({ alg: 'HS256', typ: 'JWT', x: 'y'.repeat(n / 2) })}.e30.AAAA`,
  ],
  [
    'a deep header part',
    (n) => `Bearer ${segment(Buffer.from('{"alg":"HS256","x":'.concat('['.repeat(n / 2))))}.e30.AAAA`,
  ],
  [
    'a deep payload',
    (n) =>
      `Bearer ${segment({ alg: 'HS256', typ: 'JWT' })}.${segment(Buffer.from('{"a":'.concat('['.repeat(n / 2))))}.AAAA`,
  ],
  ['another scheme', (n) => `Basic ${'a'.repeat(n)}`],
  ['a long scheme', (n) => `${'B'.repeat(n)} a`],
  ['bytes beyond ASCII', (n) => `Bearer ${'\u00ff'.repeat(n)}`],
  ['quotes', (n) => `Bearer ${'"'.repeat(n)}`],
];

/**
 * Microseconds of CPU that one decision takes: the least of several rounds, each long enough for the clock, because what
 * else the machine does can only add to it.
 */
function costOf(entry: EntryGuard<Principal>, value: string): number {
  const pipeline = compilePipeline([entry, { onEvent: () => undefined }]);
  const exchange = exchangeWith({ authorization: value });
  let repetitions = 1;
  let least = Infinity;
  for (let round = 0; round < 9;) {
    const start = process.cpuUsage();
    for (let i = 0; i < repetitions; i += 1) void pipeline.run(exchange);
    const { user, system } = process.cpuUsage(start);
    if (user + system < 2000) {
      repetitions *= 2;
      continue;
    }
    least = Math.min(least, (user + system) / repetitions);
    round += 1;
  }
  return least;
}

describe('the cost of a decision', () => {
  const strategies = {
    'one strategy': authenticate(jwtStrategy({ cacheSize: 0 })),
    'one strategy that remembers, with two headers': authenticate(
      jwtStrategy({ headers: ['authorization', 'authentication'] }),
    ),
  };

  // Sixteen times the input is about sixteen times the work; what is quadratic takes 256 times as long. Half of that
  // tells the two apart on a machine that is busy with other things.
  describe.each(Object.entries(strategies))('with %s', (_name, entry) => {
    it.each(SHAPES)('BT-08 grows with the input and no faster: %s', (_shape, make) => {
      const [short, long] = [costOf(entry, make(4096)), costOf(entry, make(4096 * 16))];
      expect(long / short).toBeLessThan(64);
    });
  });

  it('BT-08 looks at no more of a token than the limit, whatever its length', () => {
    const entry = authenticate(jwtStrategy({ cacheSize: 0 }));
    const token = (characters: number): string =>
      `Bearer ${segment({ alg: 'HS256', typ: 'JWT' })}.${'A'.repeat(characters)}.AAAA`;
    const [within, beyond] = [
      costOf(entry, token(MAX_JWT_CHARACTERS - 100)),
      costOf(entry, token(MAX_JWT_CHARACTERS + 100)),
    ];
    expect(beyond).toBeLessThan(within * 4);
  });
});

onEachFramework('a guard under long headers', (framework) => {
  it.each(SHAPES)('BT-08 answers 4xx to 7 kB, 15 kB and 100 kB: %s', async (_shape, make) => {
    const { port } = await startJwtHost(framework);
    const lengths = [7000, 15_000, 100_000];
    const answers = await Promise.all(
      lengths.map((length) =>
        rawGet(port, [`Authorization: ${make(length)}`]).catch(() => 'HTTP/1.1 431 cut off'),
      ),
    );
    const statuses = answers.map((answer) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]));
    expect(statuses.filter((status) => ![400, 401, 431].includes(status))).toEqual([]);
  });
});
