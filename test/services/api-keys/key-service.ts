import { afterEach } from 'vitest';
import { isAuthError } from '../../../src/core/errors.ts';
import type { ApiKeyEvent } from '../../../src/core/events.ts';
import { apiKeys, type ApiKeys, type ApiKeysOptions } from '../../../src/services/api-keys.ts';
import { memoryStore } from '../../../src/stores/memory.ts';
import { feedReader, type FeedReader } from '../../../src/tokens/feed-reader.ts';
import { movableClock, type MovableClock } from '../../support/movable-clock.ts';
import { observed, type ObservedStore } from './observed-store.ts';

/** One process with its own service over a store. */
export interface Node {
  readonly keys: ApiKeys;
  readonly feed: FeedReader;
  readonly events: readonly ApiKeyEvent[];
  /** The id and workspace of whom a key stands for, or the reason of its refusal. */
  readonly verify: (key: string) => Promise<string>;
}

export interface KeyServiceBench extends Node {
  readonly clock: MovableClock;
  readonly observed: ObservedStore;
  /** Another process over the same store. */
  readonly anotherNode: (options?: Partial<ApiKeysOptions>) => Node;
}

const opened: Node[] = [];

/** Closes every service that a test has opened; a test file calls it once. */
export function closeNodesAfterEach(): void {
  afterEach(async () => {
    for (const node of opened.splice(0)) {
      await node.keys.close();
      await node.feed.close();
    }
  });
}

export function keyService(options: Partial<ApiKeysOptions> = {}): KeyServiceBench {
  const clock = movableClock();
  const observation = observed(memoryStore({ clock }));

  function anotherNode(more: Partial<ApiKeysOptions> = {}): Node {
    const { store } = observation;
    // No test waits for the timer of the feed: it reads when a test says so, or when what it knows is too old.
    const feed = feedReader({ store, clock, pollMs: 3_600_000, maxStaleMs: 10_000 });
    const events: ApiKeyEvent[] = [];
    const onEvent = (event: ApiKeyEvent): unknown => events.push(event);
    const keys = apiKeys({ store, feed, clock, onEvent, productPrefix: 'acme', ...options, ...more });
    async function verify(key: string): Promise<string> {
      const verified = await keys.verify(key);
      return isAuthError(verified)
        ? verified.code
        : `${verified.principal.id} of ${verified.principal.workspace}`;
    }
    const node = { keys, feed, events, verify };
    opened.push(node);
    return node;
  }

  return { ...anotherNode(), clock, observed: observation, anotherNode };
}

/** Lets everything that nobody waits for come to its end: the steps of a memory store take no time. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export const NEW_KEY = { workspace: 'w1', name: 'Nightly export' };
