import type { Store } from 'portcullis';
import { open } from 'portcullis/authenticate';
import type { Answer, Chain, Route } from './api.ts';
import { ok } from './routes.ts';

const PROBES: Chain = [open('a probe has no credential')];

/** How long the store may take to answer. */
const DEADLINE_MS = 1000;

/** Whether the process lives, and whether it can do its work: only the second one asks the store. */
export function health(store: Pick<Store, 'ping' | 'feedRead'>, deadlineMs = DEADLINE_MS): readonly Route[] {
  return [
    { path: '/healthz', chain: PROBES, answer: () => ok({ status: 'ok' }) },
    { path: '/readyz', chain: PROBES, answer: readiness(store, deadlineMs) },
  ];
}

function readiness(store: Pick<Store, 'ping' | 'feedRead'>, deadlineMs: number): () => Promise<Answer> {
  let cursor: string | null = null;

  /** Every guard knows from the feed what has been revoked, and refuses everybody when it cannot be read. */
  async function readFeed(): Promise<void> {
    ({ cursor } = await store.feedRead(cursor));
  }

  return async function ready() {
    const [pings, reads] = await Promise.all([
      succeeds(store.ping(), deadlineMs),
      succeeds(readFeed(), deadlineMs),
    ]);
    // Words and not the errors, which may name addresses: a probe is open to everybody.
    const reasons = [...(pings ? [] : ['store_unreachable']), ...(reads ? [] : ['feed_unreadable'])];
    return reasons.length === 0
      ? ok({ status: 'ready' })
      : { status: 503, body: { status: 'unavailable', reasons } };
  };
}

function succeeds(check: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), deadlineMs);
    check
      .then(
        () => resolve(true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(timer));
  });
}
