import type { KeyObject } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SigningKeys } from '../../../src/services/signing-keys.ts';
import { forge } from '../../support/jwt-forge.ts';
import { expectPair, type PairData } from '../../systems/b2b/expectations.ts';
import { NODE_HOST } from '../../systems/b2b/hosts.ts';
import { startStage, stopStagesAfterEach, type Stage } from '../../systems/b2b/stage.ts';
import { closeRingsAfterEach, headerOf, workshop } from './workshop.ts';

stopStagesAfterEach();
closeRingsAfterEach();

const TICKS = 240;
const TICK_SECONDS = 10;
const USERS = 4;
const ACCESS_SECONDS = 60;
const REFRESH_SECONDS = 300;
const PUBLISH_SECONDS = 60;
const RETIRE_SECONDS = REFRESH_SECONDS + 120;
const EVERY_SECONDS = 120;

/** One node: its own ring and feed over the shared store, its own HTTP server. */
interface Node {
  readonly ring: SigningKeys;
  readonly stage: Stage;
}

/** A key as a thief has it who copied it while it was in use. */
interface Loot {
  readonly kid: string;
  readonly key: KeyObject;
  /** From when on it must be worth nothing; unknown until it is retired. */
  forgetAt: number;
}

/** What was asked and how often, and everything that went otherwise than it should. */
class Ledger {
  readonly counts: Record<string, number> = {};
  readonly wrong: string[] = [];

  note(what: string, isRight: boolean, detail: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
    if (!isRight) this.wrong.push(`${what}: ${detail}`);
  }
}

describe('a rotation under load', () => {
  it.each(['ES256', 'HS256'] as const)(
    'F19 refuses no request that should pass and passes none that should be refused, on two nodes, with %s',
    async (algorithm) => {
      const shop = workshop();
      const { store, clock } = shop;
      const start = async (): Promise<Node> => {
        const ring = shop.ring({
          algorithm,
          publishSeconds: PUBLISH_SECONDS,
          retireAfterSeconds: RETIRE_SECONDS,
        });
        await ring.ready();
        const stage = await startStage(NODE_HOST, {
          store,
          clock,
          keys: ring,
          accessSeconds: ACCESS_SECONDS,
          refreshSeconds: REFRESH_SECONDS,
          reuseGraceSeconds: ACCESS_SECONDS,
        });
        return { ring, stage };
      };
      const nodes = [await start(), await start()] as const;
      const nodeAt = (turn: number): Node => nodes[turn % 2] as Node;
      const ledger = new Ledger();
      const steps: string[] = [];
      const loot: Loot[] = [];

      /** Everything that one user does in one tick: a request, and a refresh in time, wherever it happens to arrive. */
      async function act(pair: PairData, user: number, tick: number): Promise<PairData> {
        const turn = user + tick;
        const products = await nodeAt(turn).stage.products(pair.access_token);
        ledger.note('protected', products.status === 200, products.text);
        const secondsLeft = Date.parse(pair.access_expires_at) / 1000 - clock.seconds();
        if (secondsLeft > 2 * TICK_SECONDS) return pair;
        if (turn % 5 === 0) {
          const login = await nodeAt(tick).stage.login();
          ledger.note('login', true, '');
          return login;
        }
        const answer = await nodeAt(turn + 1).stage.refresh(pair.refresh_token);
        ledger.note('refresh', answer.status === 200, answer.text);
        if (answer.status !== 200) return nodeAt(turn).stage.login();
        const successor = expectPair(answer);
        if (turn % 3 === 0) {
          const repeat = await nodeAt(turn).stage.refresh(pair.refresh_token);
          const isSame =
            repeat.status === 200 && expectPair(repeat).refresh_token === successor.refresh_token;
          ledger.note('repeat', isSame, repeat.text);
        }
        return successor;
      }

      async function rotate(): Promise<void> {
        const results = await Promise.all(
          nodes.map(({ ring }) => ring.rotateIfDue({ everySeconds: EVERY_SECONDS })),
        );
        steps.push(...results.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'unchanged'));
      }

      async function steal(): Promise<void> {
        for (const { kid, forgetAt } of await nodes[0].ring.list()) {
          const known = loot.find((each) => each.kid === kid);
          if (known !== undefined) known.forgetAt = forgetAt ?? Infinity;
          const sign = nodes[0].ring.keys.find((key) => key.kid === kid)?.sign;
          if (known === undefined && sign) loot.push({ kid, key: sign, forgetAt: Infinity });
        }
      }

      /** A token made with a stolen key passes while the key is known, which shows that it is well made, and never after. */
      async function tryLoot(pair: PairData, tick: number): Promise<void> {
        const [, payload = ''] = pair.access_token.split('.');
        const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as object;
        const { kid, key, forgetAt } = loot[tick % loot.length] as Loot;
        const forged = forge({
          header: { alg: algorithm, typ: 'JWT', kid },
          payload: { ...claims, iat: clock.seconds(), exp: clock.seconds() + ACCESS_SECONDS },
          key,
          algorithm,
        });
        const isKnown = clock.now() < forgetAt;
        const { status, text } = await nodeAt(tick).stage.products(forged);
        if (isKnown) ledger.note('stolen key that is known', status === 200, text);
        else ledger.note('stolen key that is forgotten', status === 401, text);
      }

      let pairs = await Promise.all(Array.from({ length: USERS }, (_, user) => nodeAt(user).stage.login()));
      const signed = new Set(pairs.map(({ access_token }) => headerOf(access_token).kid));
      for (let tick = 0; tick < TICKS; tick++) {
        const [next] = await Promise.all([
          Promise.all(pairs.map((pair, user) => act(pair, user, tick))),
          rotate(),
          // The time goes on while requests are on their way.
          setImmediate().then(() => clock.advance(TICK_SECONDS / 2)),
        ]);
        pairs = next;
        for (const { access_token } of pairs) signed.add(headerOf(access_token).kid);
        await steal();
        await tryLoot(pairs[0] as PairData, tick);
        clock.advance(TICK_SECONDS / 2);
      }

      expect(ledger.wrong).toEqual([]);
      const rotations = steps.filter((step) => step === 'promoted').length;
      expect(rotations).toBeGreaterThanOrEqual(15);
      expect(signed.size).toBeGreaterThanOrEqual(rotations);
      expect(ledger.counts['protected']).toBe(USERS * TICKS);
      for (const what of [
        'login',
        'refresh',
        'repeat',
        'stolen key that is known',
        'stolen key that is forgotten',
      ]) {
        expect([what, ledger.counts[what]]).toEqual([what, expect.toSatisfy((count) => count >= 30)]);
      }
      const [here, there] = nodes.map(({ ring }) => ring.keys.map(({ kid, state }) => [kid, state]));
      expect(here).toEqual(there);
    },
    120_000,
  );
});
