import type { Chain, Route } from './api.ts';

const PRODUCTS = [
  { id: 1, name: 'Lantern', price: '24.00' },
  { id: 2, name: 'Rope, 20 m', price: '31.50' },
  { id: 3, name: 'Portable forge', price: '480.00' },
];

export function products(chain: Chain): Route {
  return { path: '/api/v1/products', chain, answer: () => ({ success: true, data: PRODUCTS }) };
}

export function health(chain: Chain): Route {
  return { path: '/healthz', chain, answer: () => ({ status: 'ok' }) };
}

/**
 * Whether a request is for a route, where the framework has no router of its own. HEAD is answered like GET (RFC 9110
 * section 9.3.2), and a slash at the end changes nothing.
 *
 * @param target The request target, with or without its query.
 */
export function matches(route: Route, method: string | undefined, target: string | undefined): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const path = target?.split('?', 1)[0];
  return path === route.path || path === `${route.path}/`;
}
