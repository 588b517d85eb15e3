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
  const text = `${method.slice(0, LONGEST_METHOD)} ${route}`;
  return text.length <= LONGEST_PATH ? text : `${text.slice(0, LONGEST_PATH)}...`;
}

const MOST_SEGMENTS = 12;

/** A word, perhaps with a few digits as in `v1`; whatever else a segment holds may be somebody's. */
const WORD = /^[a-z][a-z0-9._~-]*$/i;
const LONGEST_WORD = 32;
const LONGEST_WITH_DIGITS = 7;

function segmentOf(segment: string): string {
  if (segment === '') return segment;
  const longest = /\d/.test(segment) ? LONGEST_WITH_DIGITS : LONGEST_WORD;
  return WORD.test(segment) && segment.length <= longest ? segment : ':id';
}
