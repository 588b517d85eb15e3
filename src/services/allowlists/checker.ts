import type { Clock } from '../../core/clock.ts';
import type { AuthError } from '../../core/errors.ts';
import { isPromise } from '../../core/maybe-promise.ts';
import type { Address } from '../../network/address.ts';
import type { FeedReader } from '../../tokens/feed-reader.ts';
import type { CompiledList } from './compiled-list.ts';
import type { Allowlists } from './contract.ts';
import type { ListCache } from './list-cache.ts';
import type { Observations } from './observations.ts';
import type { ObservedRequest } from './route.ts';

export interface CheckerParts {
  readonly feed: Pick<FeedReader, 'fresh'>;
  readonly cache: ListCache;
  readonly observed: Pick<Observations, 'note'>;
  readonly clock: Clock;
}

/** Makes what asks the lists about a request, and what names the entries that decided. */
export function listChecker(parts: CheckerParts): Pick<Allowlists, 'check' | 'rule'> {
  const { feed, cache, observed, clock } = parts;
  type Asked = readonly string[];

  /** All of them, or `null` when one is not in memory: only then may the others be asked, since asking counts. */
  function fromMemory(subjects: Asked): readonly CompiledList[] | null {
    const lists: CompiledList[] = [];
    for (const subject of subjects) {
      const list = cache.known(subject);
      if (list === undefined) return null;
      lists.push(list);
    }
    return lists;
  }

  function judge(
    subjects: Asked,
    lists: readonly CompiledList[],
    address: Address | null,
    request: ObservedRequest | undefined,
  ): AuthError | null {
    const now = clock.now();
    for (const [index, list] of lists.entries()) {
      const refusal = list.refuse(address, now);
      if (refusal === null) continue;
      if (list.enforces(now)) return refusal;
      observed.note(subjects[index] as string, list.observedSince, address, request);
    }
    return null;
  }

  async function readAndJudge(
    subjects: Asked,
    address: Address | null,
    request: ObservedRequest | undefined,
  ): Promise<AuthError | null> {
    return judge(
      subjects,
      await Promise.all(subjects.map((subject) => cache.read(subject))),
      address,
      request,
    );
  }

  function check(...[subjects, address, request]: Parameters<Allowlists['check']>): Refusal {
    const asked = listOf(subjects);
    // Whatever else a callback returned, such as nothing or a promise, must not look like no lists at all.
    if (!Array.isArray(asked))
      throw new TypeError('allowlists: the subjects of a request are text or a list of texts.');
    const askAll = (): Refusal => {
      const lists = fromMemory(asked);
      return lists === null ? readAndJudge(asked, address, request) : judge(asked, lists, address, request);
    };
    const fresh = feed.fresh();
    return isPromise(fresh) ? fresh.then(askAll) : askAll();
  }

  function rule(...[subjects, address]: Parameters<Allowlists['rule']>): string | null {
    const now = clock.now();
    const words: string[] = [];
    for (const subject of listOf(subjects)) {
      const list = cache.known(subject);
      if (list === undefined) return null;
      const network = address === null ? null : list.find(address, now);
      if (network !== null) words.push(`${subject} ${network}`);
      else if (list.refuse(address, now) !== null && list.enforces(now)) return subject;
    }
    return words.length === 0 ? null : words.join(', ');
  }

  return { check, rule };
}

type Refusal = ReturnType<Allowlists['check']>;

function listOf(subjects: string | readonly string[]): readonly string[] {
  return typeof subjects === 'string' ? [subjects] : subjects;
}
