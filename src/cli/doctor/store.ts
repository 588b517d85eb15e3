import { randomToken } from '../../core/secrets.ts';
import type { Store } from '../../core/store.ts';
import { doubtful, sound, wrongFinding, type Finding } from './finding.ts';

/** Clocks that are further apart than this expire tokens early or late by as much. */
const MAX_SKEW_MS = 5_000;
const NOTICEABLE_SKEW_MS = 1_000;
/** Every login and every refresh waits for several steps. */
const SLOW_MS = 250;

/**
 * Whether the store answers, keeps what it is given, and has the same time.
 *
 * @throws {@link StoreError} When it is out of reach.
 */
export async function checkStore(store: Store): Promise<Finding[]> {
  const before = Date.now();
  const { serverNow } = await store.ping();
  const took = Date.now() - before;
  const skew = Math.round(serverNow - (before + took / 2));
  const answer =
    took <= SLOW_MS
      ? sound('store', `answered in ${took} ms`)
      : doubtful(
          'store',
          `answered after ${took} ms`,
          'Bring it nearer, or see what keeps it busy: each login waits for several such answers.',
        );
  return [answer, await checkKeeping(store), await checkFeed(store), checkClock(skew)];
}

const KIND = 'doctor';

/** Writes a record that expires by itself, reads it and takes it out again. */
async function checkKeeping(store: Store): Promise<Finding> {
  const id = randomToken(128);
  await store.put(KIND, id, { probe: id }, { expect: 'absent', expiresAt: Date.now() + 60_000 });
  const used = await store.use<{ probe: string }>(KIND, id);
  const gone = await store.delete(KIND, id);
  if (used?.data.probe === id && used.uses === 1 && gone)
    return sound('records', 'kept, counted and deleted');
  return wrongFinding(
    'records',
    'what was written was not there, or not what was written',
    'See that all processes reach the same primary: replicas, caches and other databases lose revocations.',
  );
}

async function checkFeed(store: Store): Promise<Finding> {
  const { events } = await store.feedRead(null);
  return sound('feed', `${events.length} live lines`);
}

function checkClock(skew: number): Finding {
  const detail = `${skew} ms from this machine's`;
  const mend = 'Set both by NTP: expiry, reuse windows and limits are judged by them.';
  if (Math.abs(skew) <= NOTICEABLE_SKEW_MS) return sound('clock', detail);
  return (Math.abs(skew) <= MAX_SKEW_MS ? doubtful : wrongFinding)('clock', detail, mend);
}
