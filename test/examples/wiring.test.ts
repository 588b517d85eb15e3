import { describe, expect, it } from 'vitest';
import { greeting, readyLine } from '../../examples/api/announce.ts';
import { readEnvironment } from '../../examples/api/environment.ts';
import { wire } from '../../examples/api/wiring.ts';

describe('demonstration credentials', () => {
  it.each(['127.0.0.1', '127.9.9.9', '::1', 'localhost'])('are made on %s', (HOST) => {
    expect(readEnvironment({ HOST }).demo).toBe(true);
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', '127.0.0.1.example'])('are not made on %s', (HOST) => {
    expect(readEnvironment({ HOST }).demo).toBe(false);
    expect(readEnvironment({ HOST, DEMO: '1' }).demo).toBe(true);
  });

  it('are neither in the text nor in the line when there are none', () => {
    const environment = readEnvironment({ HOST: '0.0.0.0' });
    const api = wire(environment);
    expect(readyLine('http://127.0.0.1:3000', api)).toBe('{"ready":true,"url":"http://127.0.0.1:3000"}');
    expect(greeting('http://127.0.0.1:3000', environment, api)).toBe(
      [
        'The example API listens on http://127.0.0.1:3000 (express).',
        '',
        'Paste into another terminal:',
        '',
        '# Without a token: 401',
        "curl -i 'http://127.0.0.1:3000/api/v1/products'",
        '',
        'Since others can reach 0.0.0.0, a token to try is made only with DEMO=1.',
        '',
        'What is decided about each request appears here. Ctrl-C stops the server.',
        '',
      ].join('\n'),
    );
  });
});

describe('wire', () => {
  it('puts a chain in front of every route, which is open only where it says why', () => {
    const { routes } = wire(readEnvironment({}));
    expect(routes.map(({ path, chain }) => [path, ...chain.map((guard) => guard.describe().guard)])).toEqual([
      ['/healthz', 'open'],
      ['/api/v1/products', 'authenticate', 'require_scopes'],
    ]);
  });
});
