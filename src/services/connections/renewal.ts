import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { isStoreError, StoreError } from '../../core/errors.ts';
import type { ProviderTransport } from '../../providers/transport.ts';
import type { ConnectionRef } from './contract.ts';
import type { Attempt, ConnectionDocument, ConnectionHealth } from './document.ts';
import type { Notify } from './notices.ts';
import type { Renewal } from './provider.ts';
import type { Row, Rows } from './rows.ts';
import type { Judge, Standing } from './standing.ts';
import type { TokenVault } from './vault.ts';

export interface RenewalParts {
  readonly rows: Rows;
  readonly vault: TokenVault;
  readonly judge: Judge;
  readonly transport: ProviderTransport;
  /** How long one call of a provider may take. */
  readonly timeoutMs: number;
  readonly notify: Notify;
  readonly clock: Clock;
}

/** `use`: a token is wanted, and the provider is asked when it is due. `check`: the provider is asked in any case. */
export type Need = 'use' | 'check';

/**
 * Finds out how a connection stands, and asks its provider where that is needed. One caller asks for all: in a process
 * the others wait for the same promise; in the store an attempt with an end is written into the connection by comparing
 * versions, so that no two processes ask, and one that crashed keeps nobody for longer than that.
 */
export function renewals(parts: RenewalParts): (ref: ConnectionRef, need: Need) => Promise<Standing> {
  const { rows, vault, judge, transport, timeoutMs, notify, clock } = parts;
  const attemptMs = Math.max(ATTEMPT_MS, timeoutMs + 5_000);
  const running = new Map<string, Promise<Standing>>();

  function sharing(key: string, act: () => Promise<Standing>): Promise<Standing> {
    const under = running.get(key);
    if (under !== undefined) return under;
    const own = act().finally(() => running.delete(key));
    running.set(key, own);
    return own;
  }

  async function renew(ref: ConnectionRef, need: Need): Promise<Standing> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const standing = judge(await rows.read(ref), need === 'use');
      if (standing.kind !== 'usable') return standing;
      const { row } = standing;
      const now = clock.now();
      if (need === 'use' && !isDue(row.document, now)) return standing;
      const { attempt } = row.document;
      if (attempt !== null && now < attempt.until) {
        if (need === 'use' && isGood(row.document, now)) return standing;
        if (attempt.failed) throw askedInVain(row.document, attempt, now);
        await pause(POLL_MS);
        continue;
      }
      const begun = await rows.write(row, {
        ...row.document,
        attempt: { until: now + attemptMs, failed: false },
      });
      if (begun === null) continue;
      const answered = await ask({ ...standing, row: begun }, need);
      if (answered !== null) return answered;
    }
    throw new StoreError('a connection is being renewed elsewhere, and that takes too long');
  }

  /** Asks the provider. @returns `null` when somebody changed the connection meanwhile: what they wrote counts. */
  async function ask(standing: Extract<Standing, { kind: 'usable' }>, need: Need): Promise<Standing | null> {
    const { row, provider, tokens } = standing;
    const { document } = row;
    const { expiresAt, refreshAt } = document;
    const isUsableAnyway = (): boolean => need === 'use' && isGood(document, clock.now());
    let renewal: Renewal;
    try {
      const method = need === 'check' ? 'check' : 'renew';
      renewal = await provider[method](transport, { tokens, expiresAt, refreshAt }, clock.now());
    } catch (outage) {
      await waitBeforeNext(row, OUTAGE_MS);
      if (isStoreError(outage) && isUsableAnyway()) return standing;
      throw outage;
    }
    if (renewal.kind === 'refused' && isUsableAnyway()) {
      await waitBeforeNext(row, REFUSED_MS);
      return standing;
    }
    return note(standing, renewal);
  }

  async function note(
    standing: Extract<Standing, { kind: 'usable' }>,
    renewal: Renewal,
  ): Promise<Standing | null> {
    const { row, provider } = standing;
    const before = row.document;
    const found = verdictOf(renewal, before, provider.requiredScopes);
    const isNews = found !== before.reason;
    const health: ConnectionHealth = {
      status: found === null ? 'active' : 'error',
      reason: found,
      since: isNews ? clock.now() : before.since,
    };
    const renewed =
      renewal.kind === 'alive'
        ? {
            tokens: vault.seal(row.id, before, renewal.tokens),
            expiresAt: renewal.expiresAt,
            refreshAt: renewal.refreshAt,
            scopes: renewal.scopes ?? before.scopes,
          }
        : {};
    const written = await rows.write(row, { ...before, ...renewed, ...health, attempt: null });
    if (written === null) return null;
    if (isNews) notify(row.id, before, { action: found === null ? 'recovered' : 'failed', reason: found });
    return found === null && renewal.kind === 'alive'
      ? { ...standing, row: written, tokens: renewal.tokens }
      : { kind: 'broken', row: written, reason: found ?? 'grant_revoked', final: false };
  }

  /** Nobody else is to ask a provider that has just failed; whether that can be written is not worth a failure. */
  async function waitBeforeNext(row: Row, forMs: number): Promise<void> {
    const attempt: Attempt = { until: clock.now() + forMs, failed: true };
    await rows.write(row, { ...row.document, attempt }).catch(() => null);
  }

  return async function standingOf(ref, need) {
    const standing = judge(await rows.read(ref), need === 'use');
    if (standing.kind === 'broken' && standing.reason === 'tokens_unreadable') {
      notify(ref.id, standing.row.document, { action: 'unreadable', reason: standing.reason });
    }
    if (standing.kind !== 'usable') return standing;
    if (need === 'use' && !isDue(standing.row.document, clock.now())) return standing;
    return sharing(JSON.stringify([need, ref.workspace, ref.id]), () => renew(ref, need));
  };
}

/** How long an attempt counts at least. It must outlast the one call that it makes, or another process would call as well. */
const ATTEMPT_MS = 15_000;
const POLL_MS = 50;
const MOST_TURNS = 400;
/** How long a provider is left in peace after it did not answer, and after it refused the application. */
const OUTAGE_MS = 5_000;
const REFUSED_MS = 60_000;

function isDue({ refreshAt }: ConnectionDocument, now: number): boolean {
  return refreshAt !== null && now >= refreshAt;
}

function isGood({ expiresAt }: ConnectionDocument, now: number): boolean {
  return expiresAt === null || now < expiresAt;
}

function askedInVain({ kind }: ConnectionDocument, { until }: Attempt, now: number): StoreError {
  return new StoreError(`the provider of ${kind} failed a moment ago, and is asked again later`, {
    retryAfterSeconds: Math.max(1, Math.ceil((until - now) / 1000)),
  });
}

/** Why the connection cannot be used after what the provider said; `null` when it can. */
function verdictOf(
  renewal: Renewal,
  { scopes: known }: ConnectionDocument,
  requiredScopes: readonly string[],
): ConnectionHealth['reason'] {
  if (renewal.kind === 'dead') return renewal.reason;
  if (renewal.kind === 'refused') return 'provider_refused';
  const scopes = renewal.scopes ?? known;
  return requiredScopes.every((scope) => scopes.includes(scope)) ? null : 'scope_missing';
}
