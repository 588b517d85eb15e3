import type { Network } from './network.ts';

/**
 * The shortest prefix that a network of proxies may have: 10.0.0.0/8 and fc00::/7 are the broadest that are private, and
 * no operator of proxies has more addresses. Whoever trusts more than that believes strangers.
 */
const LEAST_PREFIX = { 4: 8, 6: 7 } as const;

/** Whether a network of proxies is so broad that clients are in it, who could then say which address they have. */
export function isTrustTooBroad({ family, prefix }: Network): boolean {
  return prefix < LEAST_PREFIX[family];
}
