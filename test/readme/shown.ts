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
