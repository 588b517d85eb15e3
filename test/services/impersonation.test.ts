import { describe, expect, it } from 'vitest';
import type { User } from '../../src/core/directory.ts';
import { isAuthError } from '../../src/core/errors.ts';
import type { Json } from '../../src/core/store.ts';
import {
  decideImpersonation,
  type ImpersonateOptions,
  type ImpersonationRules,
} from '../../src/services/impersonation.ts';
import { sessionsOf } from '../../src/services/sessions.ts';
import type { Sessions } from '../../src/services/sessions/contract.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { feedReader } from '../../src/tokens/feed-reader.ts';
import { movableClock } from '../support/movable-clock.ts';

const USERS: readonly User[] = ['admin', 'ada', 'grace', 'gone'].map((id) => ({ id, active: id !== 'gone' }));
const RANKS: Readonly<Record<string, number>> = { admin: 5, ada: 1, grace: 5 };
const REASON = { reason: 'ticket 7' };

type Rules = ImpersonationRules<User>;

function bench(rules: Rules = { mayImpersonate: (actor) => actor.id === 'admin' }) {
  const clock = movableClock();
  const store = memoryStore({ clock });
  const feed = feedReader({ store, clock, pollMs: 60_000, maxStaleMs: 3_600_000 });
  const lifetimes = {
    accessSeconds: 300,
    refreshSeconds: 86_400,
    absoluteSeconds: null,
    reuseGraceSeconds: 10,
  };
  const sessions = sessionsOf({ store, feed, system: 'test', lifetimes, clock, onEvent: undefined });
  const asked: unknown[] = [];
  const directory = {
    findLogin: () => null,
    verifyPassword: () => false,
    findUser(id: string) {
      asked.push(id);
      return USERS.find((each) => each.id === id) ?? null;
    },
    ...rules,
  };
  return {
    sessions,
    asked,
    directory,
    start: async (userId: string, more: { readonly [key: string]: Json } = {}) =>
      (await sessions.start(userId, { userId, actor: null, ...more })).id,
    /** `granted`, or the code of the refusal. */
    decide: async (session: string, target: unknown, options: ImpersonateOptions = REASON) => {
      const answer = await decideImpersonation(sessions, directory, session, target as string, options);
      return isAuthError(answer) ? answer.code : 'granted';
    },
  };
}

async function parentOf(sessions: Sessions, parent: string): Promise<string> {
  const actor = { id: 'admin', sessionId: parent, reason: 'x', readOnly: true };
  return (await sessions.start('ada', { userId: 'ada', actor }, { parent })).id;
}

describe('decideImpersonation', () => {
  it('grants the target, the actor, the limit of 900 seconds and read-only', async () => {
    const { sessions, directory, start } = bench();
    const session = await start('admin');
    expect(await decideImpersonation(sessions, directory, session, 'ada', REASON)).toEqual({
      target: { id: 'ada', active: true },
      actor: { id: 'admin', sessionId: session, reason: 'ticket 7', readOnly: true },
      maxSeconds: 900,
    });
  });

  it.each<readonly [string, Rules, string]>([
    ['without rules nobody may', {}, 'impersonation_forbidden'],
    ['ranks alone permit nothing', { rankOf: ({ id }) => RANKS[id] ?? 0 }, 'impersonation_forbidden'],
    ['no is no', { mayImpersonate: () => false }, 'impersonation_forbidden'],
    [
      'what is no yes is no',
      { mayImpersonate: () => 'yes' as unknown as boolean },
      'impersonation_forbidden',
    ],
    ['yes', { mayImpersonate: () => true }, 'granted'],
    ['a yes that comes later', { mayImpersonate: () => Promise.resolve(true) }, 'granted'],
  ])('MQ-01 %s', async (_name, rules, expected) => {
    const { decide, start } = bench(rules);
    expect(await decide(await start('admin'), 'ada')).toBe(expected);
  });

  it('MQ-01 asks whether this actor may act as this target', async () => {
    const { decide, start } = bench();
    expect(await decide(await start('ada'), 'grace')).toBe('impersonation_forbidden');
    expect(await decide(await start('grace'), 'admin')).toBe('impersonation_forbidden');
  });

  it.each<readonly [string, number, number, string]>([
    ['downwards', 5, 4, 'granted'],
    ['an equal', 5, 5, 'impersonation_forbidden'],
    ['upwards', 4, 5, 'impersonation_forbidden'],
    ['an actor without rank', Number.NaN, 1, 'impersonation_forbidden'],
    ['a target without rank', 5, Number.NaN, 'impersonation_forbidden'],
    ['a rank without end', Infinity, 1, 'impersonation_forbidden'],
    [
      'ranks that are no numbers',
      '9' as unknown as number,
      '10' as unknown as number,
      'impersonation_forbidden',
    ],
  ])('MQ-03 %s', async (_name, actor, target, expected) => {
    const { decide, start } = bench({
      mayImpersonate: () => true,
      rankOf: ({ id }) => (id === 'admin' ? actor : target),
    });
    expect(await decide(await start('admin'), 'ada')).toBe(expected);
  });

  it('MQ-03 no nesting: neither from a child session nor from one with an actor', async () => {
    const { decide, start, sessions } = bench({ mayImpersonate: () => true });
    const own = await start('admin');
    expect(await decide(await parentOf(sessions, own), 'grace')).toBe('impersonation_forbidden');
    const actor = { id: 'grace', sessionId: 'x', reason: 'x', readOnly: true };
    expect(await decide(await start('admin', { actor }), 'grace')).toBe('impersonation_forbidden');
  });

  it('is refused to oneself, for a session that is over, and for an actor who is gone', async () => {
    const { decide, start, sessions } = bench({ mayImpersonate: () => true });
    const session = await start('admin');
    expect(await decide(session, 'admin')).toBe('impersonation_forbidden');
    expect(await decide('unknown', 'ada')).toBe('token_revoked');
    expect(await decide(await start('gone'), 'ada')).toBe('subject_inactive');
    expect(await decide(await start('nobody'), 'ada')).toBe('subject_unknown');
    await sessions.retire(session, { reason: 'logout' });
    expect(await decide(session, 'ada')).toBe('token_revoked');
  });

  it('MQ-03 tells nobody who exists: an unknown and an inactive target are refused in the same words', async () => {
    const { decide, start } = bench({ mayImpersonate: () => true });
    const session = await start('admin');
    for (const target of ['nobody', 'gone'])
      expect(await decide(session, target)).toBe('impersonation_forbidden');
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['true', true],
    ['an array', ['ada']],
    ['an object', { id: 'ada' }],
    ['an operator', { $ne: null }],
    ['a String object', Object('ada')],
    ['empty text', ''],
    ['text with NUL', 'ada\u0000'],
    ['a lone surrogate', 'ada\ud800'],
    ['too long a text', 'a'.repeat(256)],
  ])('MQ-04 %s is no target, and the directory is not asked', async (_name, target) => {
    const { decide, start, asked } = bench({ mayImpersonate: () => true });
    expect(await decide(await start('admin'), target)).toBe('impersonation_forbidden');
    expect(asked).toEqual(['admin']);
  });

  it('MQ-04 a directory that compares loosely does not make one user out of another', async () => {
    const { decide, start, directory } = bench({ mayImpersonate: () => true });
    directory.findUser = (id) => USERS.find((each) => each.id === id.trim().toLowerCase()) ?? null;
    const session = await start('admin');
    for (const target of ['ADA', ' ada', 'ada ', 'ADMIN']) {
      expect(await decide(session, target)).toBe('impersonation_forbidden');
    }
    expect(await decide(session, 'ada')).toBe('granted');
  });

  it.each<readonly [string, object, string]>([
    ['no reason', {}, 'option_missing'],
    ['an empty reason', { reason: '' }, 'option_invalid'],
    ['no time', { ...REASON, maxSeconds: 0 }, 'option_invalid'],
    ['more than a day', { ...REASON, maxSeconds: 86_401 }, 'option_invalid'],
    ['no flag', { ...REASON, readOnly: 'no' }, 'option_invalid'],
    ['another option', { ...REASON, readonly: false }, 'option_unknown'],
  ])('is a mistake with %s', async (_name, options, code) => {
    const { decide, start } = bench();
    const session = await start('admin');
    await expect(decide(session, 'ada', options as ImpersonateOptions)).rejects.toMatchObject({ code });
  });
});
