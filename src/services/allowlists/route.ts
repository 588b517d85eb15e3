/** What of a request is in the report. */
export interface ObservedRequest {
  readonly method: string;
  readonly path: string;
}

const LONGEST_METHOD = 16;
const LONGEST_PATH = 100;

/**
 * The route of a request for a report, as in `GET /api/v1/audiences/:id`: what looks like an id, or like a secret in the
 * path, becomes `:id`, so that a report has few lines and tells nothing that it should not.
 */
export function routeOf({ method, path }: ObservedRequest): string {
  const route = path.split('/', MOST_SEGMENTS).map(segmentOf).join('/');
  const text = `${method.slice(0, LONGEST_METHOD)} ${route}`.replace(/[^\x20-\x7e]/g, '?');
  return text.length <= LONGEST_PATH ? text : `${text.slice(0, LONGEST_PATH)}...`;
}

const MOST_SEGMENTS = 12;

function segmentOf(segment: string): string {
  const isId = /^\d+$/.test(segment) || segment.length > 32 || (segment.length >= 8 && /\d/.test(segment));
  return isId ? ':id' : segment;
}
