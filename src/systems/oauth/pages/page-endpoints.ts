import { isAuthError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { Endpoint, Identify } from '../../endpoints.ts';
import { COOKIE_REPEATED } from './message-views.ts';
import { broken, type PageAnswer, type PageDesk, type Visit } from './page-desk.ts';

/** A page at one address, which shows itself and takes its own forms. */
export interface PageAddress {
  readonly path: string;
  /** What events call it. */
  readonly name: string;
  /** Names the interaction that a request belongs to. */
  visitName(exchange: Exchange): string;
  answer(visit: Visit): Promise<PageAnswer>;
}

/** The endpoints of a page. Whoever comes with a cookie that cannot be read is answered here, and so is every outage. */
export function pageEndpoints(desk: PageDesk, page: PageAddress): readonly Endpoint[] {
  async function handle(exchange: Exchange, identify: Identify): Promise<PageAnswer> {
    const state = desk.browsers.open(exchange);
    if (isAuthError(state)) return { reply: desk.message(403, COOKIE_REPEATED), refusal: state };
    try {
      return await page.answer({ exchange, state, name: page.visitName(exchange), identify });
    } catch (thrown) {
      return broken(desk, exchange, thrown);
    }
  }

  return (['GET', 'POST'] as const).map((method) => ({
    method,
    path: page.path,
    name: page.name,
    handle,
  }));
}
