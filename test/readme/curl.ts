import { request } from 'node:http';

/** A curl command, read as far as the pages use it. */
export interface CurlCommand {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** An answer as `curl -i` shows it. */
export interface CurlAnswer {
  readonly status: number;
  /** `HTTP/1.1 401 Unauthorized` */
  readonly statusLine: string;
  readonly headers: readonly string[];
  readonly body: string;
}

/**
 * Reads a curl command.
 *
 * @param variables What `$NAME` stands for.
 * @throws Error for an option that is not known here, and for a variable without a value.
 */
export function parseCurl(line: string, variables: Readonly<Record<string, string>> = {}): CurlCommand {
  const [program, ...words] = shellWords(line.replaceAll('\\\n', ' '), variables);
  if (program !== 'curl') throw new Error(`not a curl command: ${line}`);
  const headers: Record<string, string> = {};
  let method: string | undefined;
  let body: string | undefined;
  let url: URL | undefined;
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-H') {
      const [name = '', value = ''] = (words.shift() ?? '').split(/:\s*(.*)/s);
      headers[name] = value;
    } else if (word === '-X') method = words.shift();
    else if (word === '-d') body = [...(body === undefined ? [] : [body]), words.shift() ?? ''].join('&');
    else if (word === '-u') headers['Authorization'] = `Basic ${btoa(words.shift() ?? '')}`;
    else if (!word.startsWith('-')) url = new URL(word);
    else if (!['-i', '-s'].includes(word)) throw new Error(`unknown option ${word} in: ${line}`);
  }
  if (url === undefined) throw new Error(`no URL in: ${line}`);
  if (body !== undefined && !Object.keys(headers).some((name) => /^content-type$/i.test(name))) {
    headers['Content-Type'] = 'application/x-www-form-urlencoded';
  }
  return { method: method ?? (body === undefined ? 'GET' : 'POST'), url, headers, body };
}

/** Sends the request to a loopback port, whatever host and port the URL names. */
export function performCurl({ method, url, headers, body }: CurlCommand, port: number): Promise<CurlAnswer> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port, path: `${url.pathname}${url.search}` };
    const outgoing = request({ ...target, method, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const { statusCode = 0, statusMessage = '', httpVersion, rawHeaders } = incoming;
        resolve({
          status: statusCode,
          statusLine: `HTTP/${httpVersion} ${statusCode} ${statusMessage}`,
          headers: rawHeaders.flatMap((name, index) =>
            index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : [],
          ),
          body: Buffer.concat(chunks).toString('utf8'),
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The words of a command: blanks part them, single quotes keep everything, double quotes all but `$NAME`. */
export function shellWords(line: string, variables: Readonly<Record<string, string>>): string[] {
  const words = line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g);
  return [...words].map(([word]) =>
    word.replaceAll(
      /'([^']*)'|"([^"]*)"|([^'"]+)/g,
      (_, single?: string, double?: string, bare?: string) =>
        single ??
        (double ?? bare ?? '').replaceAll(/\$(\w+)/g, (_all, name: string) => {
          const value = variables[name];
          if (value === undefined) throw new Error(`$${name} has no value in: ${line}`);
          return value;
        }),
    ),
  );
}
