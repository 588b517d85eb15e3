import { describe, expect, it } from 'vitest';
import { allow, type EntryGuard, type Guard } from '../../src/core/decision.ts';
import type { Principal } from '../../src/core/principal.ts';
import { guard as expressGuard } from '../../src/express.ts';
import { guard as koaGuard } from '../../src/koa.ts';
import { open } from '../../src/middleware/authenticate.ts';
import { requireScopes } from '../../src/middleware/require-scopes.ts';
import { guard as nodeGuard } from '../../src/node.ts';
import { complaint } from '../support/complaint.ts';

const ENTRY = open('a test');
const STEP: Guard = {
  name: 'step',
  decide: (_, principal) => allow(principal),
  describe: () => ({ guard: 'step' }),
};

const UNGUARDED =
  'chain_unguarded: guard: a chain begins with authenticate(\u2026), which says who the request is. For a route that is public on purpose, begin it with open("why it is public").';
const notAGuard = (position: number): string =>
  `chain_invalid: guard: argument ${position} is not a guard. Give guards such as ipAllowlist(\u2026) or requireScopes(\u2026), and options last.`;
const second = (position: number, name: string): string =>
  `chain_invalid: guard: argument ${position} is a second "${name}". Give all strategies to one authenticate(\u2026), and use either it or open(\u2026).`;

const ADAPTERS = [
  ['express', expressGuard],
  ['koa', koaGuard],
  ['node', nodeGuard],
] as const;

describe.each(ADAPTERS)('guard of %s', (_name, adapter) => {
  const guard = adapter as unknown as (...args: unknown[]) => { describe(): unknown };

  it.each<[string, readonly unknown[], string]>([
    ['nothing', [], UNGUARDED],
    ['options only', [{ property: 'user' }], UNGUARDED],
    ['a guard without an entry', [STEP], UNGUARDED],
    ['a guard before the entry', [STEP, ENTRY], UNGUARDED],
    ['undefined for the entry', [undefined, STEP], UNGUARDED],
    ['null', [null], UNGUARDED],
    ['a function', [() => true], UNGUARDED],
    ['a strategy in place of authenticate', [{ name: 'jwt', recognise: () => null, claims: [] }], UNGUARDED],
    ['a second entry', [ENTRY, open('again')], second(2, 'open')],
    ['a second entry after a guard', [ENTRY, STEP, open('again')], second(3, 'open')],
    ['undefined among the guards', [ENTRY, undefined, STEP], notAGuard(2)],
    ['undefined at the end', [ENTRY, STEP, undefined], notAGuard(3)],
    ['a function among the guards', [ENTRY, () => true], notAGuard(2)],
    ['the factory in place of its guard', [ENTRY, requireScopes], notAGuard(2)],
    ['a text', [ENTRY, 'admin'], notAGuard(2)],
    ['options before the end', [ENTRY, { property: 'user' }, STEP], notAGuard(2)],
    ['a list of guards', [ENTRY, [STEP]], 'option_invalid: guard: options must be an object, not a list.'],
    ['options twice', [ENTRY, {}, {}], notAGuard(2)],
    [
      'an unknown option',
      [ENTRY, { propery: 'user' }],
      'option_unknown: guard: unknown option "propery"; did you mean "property"?',
    ],
    [
      'an option of another factory',
      [ENTRY, { optional: true }],
      'option_unknown: guard: unknown option "optional"; known options are dialect, property, onEvent, requestId, deadlineMs, clock',
    ],
    [
      'an empty property',
      [ENTRY, { property: '' }],
      'option_invalid: guard.property must be a string that is not empty, not an empty string.',
    ],
    [
      'a dialect by name',
      [ENTRY, { dialect: 'problem' }],
      'option_invalid: guard.dialect must be a dialect, such as envelope(), which has a method "render", not a string.',
    ],
    [
      'a dialect that was not called',
      [ENTRY, { dialect: () => ({}) }],
      'option_invalid: guard.dialect must be a dialect, such as envelope(), which has a method "render", not a function.',
    ],
    [
      'a sink that is no function',
      [ENTRY, { onEvent: {} }],
      'option_invalid: guard.onEvent must be a function, not an object.',
    ],
    [
      'a clock without now',
      [ENTRY, { clock: {} }],
      'option_invalid: guard.clock must be a clock, which has a method "now", not an object.',
    ],
  ])('refuses %s', (_, args, message) => {
    expect(complaint(() => guard(...args))).toBe(message);
  });

  it('accepts an entry, guards, and options at the end', () => {
    expect(guard(ENTRY, STEP).describe()).toEqual([{ guard: 'open', reason: 'a test' }, { guard: 'step' }]);
    expect(guard(ENTRY).describe()).toEqual([{ guard: 'open', reason: 'a test' }]);
    expect(guard(ENTRY, STEP, requireScopes('a'), { property: 'who' }).describe()).toEqual([
      { guard: 'open', reason: 'a test' },
      { guard: 'step' },
      { guard: 'require_scopes', scopes: ['a'] },
    ]);
  });

  it('takes a value that is entry and guard at once for an entry, so that it cannot stand twice', () => {
    const both = { ...STEP, ...ENTRY } as EntryGuard<Principal | null>;
    expect(complaint(() => guard(both, both))).toBe(second(2, 'open'));
  });
});
