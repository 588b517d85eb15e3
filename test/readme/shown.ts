import type { CurlAnswer } from './curl.ts';
import type { Step } from './pages.ts';

/** A page may wrap a long line of output. */
export function unwrapped(output: string): string {
  return output.trim().replaceAll(/\s+/g, ' ');
}

/** What is shown of an answer: all of it in an `http` block, the value of a successful one in a `json` block. */
export function shownBy({ place, shown }: Step): unknown {
  if (shown?.language === 'json') return JSON.parse(shown.text);
  if (shown?.language !== 'http') throw new Error(`${place}: an answer follows, as http or json`);
  const [head = '', ...body] = shown.text.split('\n\n');
  const [statusLine, ...headers] = head.split('\n');
  return { statusLine, headers: headers.toSorted(), body: body.join('\n\n') };
}

export function partShown({ status, statusLine, headers, body }: CurlAnswer, { shown }: Step): unknown {
  if (shown?.language === 'json') return status === 200 ? JSON.parse(body) : statusLine;
  return { statusLine, headers: headers.filter((line) => !OF_THE_SERVER.test(line)).toSorted(), body };
}

/** Headers that the server or the framework puts on every answer; a page leaves them out, and none besides. */
const OF_THE_SERVER = /^(Date|Connection|Keep-Alive|Content-Length|Transfer-Encoding|X-Powered-By|ETag):/i;

/**
 * What happened, with the parts left out that a page leaves out: where it shows `…`, anything but a blank or a quote may
 * stand, since tokens and the like are others each time.
 */
export function elided(happened: unknown, shown: unknown): unknown {
  if (typeof happened === 'string' && typeof shown === 'string') {
    const pattern = shown.split('\u2026').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&'));
    return new RegExp(`^${pattern.join('[^\\s"]+')}$`).test(happened) ? shown : happened;
  }
  if (Array.isArray(happened) && Array.isArray(shown))
    return happened.map((each, index) => elided(each, shown[index]));
  if (isObject(happened) && isObject(shown)) {
    return Object.fromEntries(
      Object.entries(happened).map(([name, value]) => [name, elided(value, shown[name])]),
    );
  }
  return happened;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
