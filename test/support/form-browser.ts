import type { HttpAnswer, HttpRequest } from './http-client.ts';
import type { Host } from './frameworks.ts';

/**
 * A browser without a screen, as far as forms and cookies go: it keeps cookies by name, posts a page's forms back to the
 * address that it was shown under, and says where they come from.
 */
export interface FormBrowser {
  readonly cookies: Map<string, string>;
  get(path: string, headers?: HttpRequest['headers']): Promise<HttpAnswer>;
  /** Sends the page's form that has this action, or a button for it, with some of its fields replaced. */
  submit(action: string, fields?: FormFields, sent?: Partial<Sent>): Promise<HttpAnswer>;
  /** Follows redirects as long as they lead to the host itself. */
  follow(answer: HttpAnswer): Promise<HttpAnswer>;
  /** The last page that was shown, and its address. */
  readonly page: { readonly path: string; readonly text: string };
}

/** `undefined` leaves a field out. */
export type FormFields = Readonly<Record<string, string | undefined>>;

export interface Sent {
  readonly headers: Record<string, string | string[]>;
  readonly body: string;
}

export function formBrowser(host: Pick<Host, 'send'>, origin: string): FormBrowser {
  const cookies = new Map<string, string>();
  const page = { path: '', text: '' };

  async function send(request: HttpRequest & { readonly path: string }): Promise<HttpAnswer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await host.send({
      ...request,
      headers: { Accept: 'text/html', ...(cookie === '' ? {} : { Cookie: cookie }), ...request.headers },
    });
    for (const line of answer.lines('set-cookie')) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    if (answer.header('content-type')?.startsWith('text/html') === true) {
      Object.assign(page, { path: request.path, text: answer.text });
    }
    return answer;
  }

  return {
    cookies,
    page,
    get: (path, headers) => send({ path, headers }),
    submit(action, fields = {}, sent = {}) {
      const body = new URLSearchParams();
      const given = { ...fieldsOf(page.text, action), ...fields };
      for (const [name, value] of Object.entries(given)) if (value !== undefined) body.append(name, value);
      return send({
        method: 'POST',
        path: page.path,
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          Origin: origin,
          'Sec-Fetch-Site': 'same-origin',
          ...sent.headers,
        },
        body: sent.body ?? body.toString(),
      });
    },
    async follow(answer) {
      let last = answer;
      for (let step = 0; step < 10; step++) {
        const location = last.header('location');
        if (location === undefined || new URL(location).origin !== origin) return last;
        last = await send({ path: location.slice(origin.length) });
      }
      throw new Error('redirected in a circle');
    },
  };
}

/** The fields that a form would send when the button for this action is pressed. */
function fieldsOf(page: string, action: string): Readonly<Record<string, string>> {
  for (const [form] of page.matchAll(/<form\b[\s\S]*?<\/form>/g)) {
    const found: Record<string, string> = {};
    for (const [, attributes = ''] of form.matchAll(/<input\b([^>]*)>/g)) {
      const name = /\bname="([^"]*)"/.exec(attributes)?.[1];
      if (name !== undefined) found[name] = unescape(/\bvalue="([^"]*)"/.exec(attributes)?.[1] ?? '');
    }
    if (found['action'] === action) return found;
    if (form.includes(`name="action" value="${action}"`)) return { ...found, action };
  }
  throw new Error(`the page has no form for "${action}": ${page}`);
}

function unescape(text: string): string {
  return text.replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
