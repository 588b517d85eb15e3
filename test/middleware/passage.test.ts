import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { notePassage, principalOf } from '../../src/middleware/passage.ts';

describe('principalOf', () => {
  it('gives for each guard the principal that passed it, however many guards a request passed', () => {
    const [request, first, second] = [{}, {}, {}];
    notePassage(request, first, 'alice');
    notePassage(request, second, 'alice in a workspace');
    expect(principalOf(request, first)).toBe('alice');
    expect(principalOf(request, second)).toBe('alice in a workspace');
  });

  it('gives the last one when a request passed a guard twice', () => {
    const [request, guard] = [{}, {}];
    notePassage(request, guard, 'first');
    notePassage(request, guard, 'second');
    expect(principalOf(request, guard)).toBe('second');
  });

  it('tells nobody who passed from a request that did not pass', () => {
    const [request, guard] = [{}, {}];
    notePassage(request, guard, null);
    expect(principalOf(request, guard)).toBeNull();
  });

  it('lets a copy of a request that passed stand for nobody, though both share one list of headers', () => {
    const guard = {};
    const request = { rawHeaders: ['Host', 'api.example.com'] };
    notePassage(request, guard, 'alice');
    expect(principalOf(request, guard)).toBe('alice');
    for (const copy of [{ ...request }, Object.create(request) as object]) {
      expect(() => principalOf(copy, guard)).toThrow(ConfigError);
    }
  });

  it.each([
    ['did not pass any guard', {}, {}],
    ['passed another guard', {}, {}],
  ])('throws for a request that %s', (title, request, guard) => {
    if (title.includes('another')) notePassage(request, {}, 'alice');
    let thrown: unknown;
    try {
      principalOf(request, guard);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(ConfigError);
    expect(thrown).toMatchObject({
      code: 'not_guarded',
      message:
        'guard.of: this request has not passed this guard. Put the guard in front of the handler that asks.',
    });
  });
});
