import { describe, expect, it } from 'vitest';
import type { Guard, EntryGuard } from '../../src/core/decision.ts';
import { deny } from '../../src/core/decision.ts';
import { authError } from '../../src/core/errors.ts';
import type { Principal } from '../../src/core/principal.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { b2bSystem } from '../../src/systems/b2b/system.ts';
import { bearerSessionSystem } from '../../src/systems/bearer-session/system.ts';
import { jwtPairSystem } from '../../src/systems/jwt-pair/system.ts';
import type { SystemEvent } from '../../src/systems/session-options.ts';
import { onEachFramework, stopHostsAfterEach, type Chain } from '../support/frameworks.ts';

stopHostsAfterEach();

const SECRET = 'a secret of the tests that is long enough';
const directory = {
  findLogin: () => null,
  verifyPassword: () => false,
  findUser: () => null,
  homeAccount: () => 10,
  permissionsIn: () => [],
};

interface Made {
  readonly authenticate: () => EntryGuard<Principal>;
  readonly close: () => Promise<void>;
}
type Listening = { readonly onEvent: (event: SystemEvent) => void; readonly requestId: () => string };

const SYSTEMS: readonly (readonly [string, (listening: Listening) => Made])[] = [
  ['b2b', (how) => b2bSystem({ store: memoryStore(), keys: SECRET, directory, ...how })],
  ['jwt-pair', (how) => jwtPairSystem({ store: memoryStore(), keys: SECRET, directory, ...how })],
  [
    'bearer-session',
    (how) => bearerSessionSystem({ store: memoryStore(), secret: SECRET, directory, ...how }),
  ],
];

onEachFramework('the events of a system', (framework) => {
  it.each(SYSTEMS)(
    'LG-02 %s reach the guards that begin with it, once for each request',
    async (_name, make) => {
      const events: SystemEvent[] = [];
      const system = make({ onEvent: (event) => events.push(event), requestId: () => 'req-1' });
      const host = await framework.start({ chain: [system.authenticate()] as unknown as Chain });
      await host.get();
      await system.close();
      expect(events).toMatchObject([
        { type: 'decision', outcome: 'denied', guard: 'authenticate', requestId: 'req-1' },
      ]);
    },
  );

  it.each(SYSTEMS)("LG-02 %s give way to the guard's own sink and names", async (_name, make) => {
    const own: unknown[] = [];
    const events: SystemEvent[] = [];
    const system = make({ onEvent: (event) => events.push(event), requestId: () => 'req-1' });
    const chain = [
      system.authenticate(),
      { onEvent: (event: unknown) => own.push(event), requestId: () => 'own-1' },
    ];
    const host = await framework.start({ chain: chain as unknown as Chain });
    await host.get();
    await system.close();
    expect(own).toMatchObject([{ outcome: 'denied', requestId: 'own-1' }]);
    expect(events).toEqual([]);
  });
});

describe('the b2b system', () => {
  it('LG-02 tells of edits of its allowlists', async () => {
    const events: SystemEvent[] = [];
    const system = b2bSystem({
      store: memoryStore(),
      keys: SECRET,
      directory,
      onEvent: (event) => events.push(event),
    });
    await system.allowlists.add('client:7', { network: '192.0.2.0/24', author: 'ada' });
    await system.close();
    expect(events).toMatchObject([
      { type: 'allowlist', action: 'added', list: 'client:7', network: '192.0.2.0/24', author: 'ada' },
    ]);
  });
});

onEachFramework('the rule that decided', (framework) => {
  it.each<[string, Parameters<typeof deny>[1], string | null]>([
    ['a text', 'the third rule', 'the third rule'],
    ['a function that is only called for a listener', () => 'told late', 'told late'],
    [
      'a function that throws',
      () => {
        throw new Error('no rule');
      },
      null,
    ],
    ['nothing', undefined, null],
  ])('stands in the event and never in the answer: %s', async (_what, rule, told) => {
    const events: unknown[] = [];
    const { open } = await import('../../src/middleware/authenticate.ts');
    const guard: Guard = {
      name: 'ruled',
      decide: () => deny(authError('permission_denied'), rule),
      describe: () => ({ guard: 'ruled' }),
    };
    const chain: Chain = [open('a test of rules'), guard, { onEvent: (event) => events.push(event) }];
    const answer = await (await framework.start({ chain })).get();
    expect([answer.status, answer.everything.includes('rule')]).toEqual([403, false]);
    expect(events).toMatchObject([{ guard: 'ruled', reason: 'permission_denied', rule: told }]);
  });
});
