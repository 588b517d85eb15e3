import type { Store } from 'portcullis';
import { open } from 'portcullis/authenticate';
import type { Answer, Chain, Route } from './api.ts';
import { ok } from './routes.ts';

const PROBES: Chain = [open('a probe has no credential')];

/** How long the store may take to answer. */
const DEADLINE_MS = 1000;

/** Processes whose clocks are further apart disagree on which tokens have expired. */
const MAX_SKEW_MS = 5000;

type Probed = Pick<Store, 'ping' | 'feedRead'>;

/** Whether the process lives, and whether it can do its work: only the second one asks the store. */
export function health(store: Probed, deadlineMs = DEADLINE_MS): readonly Route[] {
  return [
    { path: '/healthz', chain: PROBES, answer: () => ok({ status: 'ok' }) },
    { path: '/readyz', chain: PROBES, answer: shared(readiness(store, deadlineMs)) },
  ];
}

/** Words and not the errors, which may name addresses: a probe is open to everybody. */
type Reason = 'store_unreachable' | 'clock_skewed' | 'feed_unreadable';

function readiness(store: Probed, deadlineMs: number): () => Promise<Answer> {
  let cursor: string | null = null;

  async function judgeClock(): Promise<Reason | null> {
    const askedAt = Date.now();
    const { serverNow } = await store.ping();
    const skew = Math.abs(serverNow - (askedAt + Date.now()) / 2);
    return skew <= MAX_SKEW_MS ? null : 'clock_skewed';
  }

  /** Every guard knows from the feed what has been revoked, and refuses everybody when it cannot be read. */
  async function readFeed(): Promise<null> {
    ({ cursor } = await store.feedRead(cursor));
    return null;
  }

  return async function ready() {
    const findings = await Promise.all([
      inTime(judgeClock(), deadlineMs, 'store_unreachable'),
      inTime(readFeed(), deadlineMs, 'feed_unreadable'),
    ]);
    const reasons = findings.filter((reason) => reason !== null);
    return reasons.length === 0
      ? ok({ status: 'ready' })
      : { status: 503, body: { status: 'unavailable', reasons } };
  };
}

/** Probes that come together share one look, so that nobody can make the store busy with them. */
function shared(look: () => Promise<Answer>): () => Promise<Answer> {
  let looking: Promise<Answer> | null = null;
  return () => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
}

/** What a check finds, or the other reason when it fails or takes too long. */
function inTime(
  check: Promise<Reason | null>,
  deadlineMs: number,
  otherwise: Reason,
): Promise<Reason | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(otherwise), deadlineMs);
    check.then(resolve, () => resolve(otherwise)).finally(() => clearTimeout(timer));
  });
}
