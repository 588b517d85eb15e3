import { createHash } from 'node:crypto';
import type { Exchange, Reply } from 'portcullis';
import type { System } from './api.ts';

/** Where the page is; sign-ins by a provider end here again. */
export const LOGIN_PATH = '/login';

/** A page on which people sign in by a provider or by password: plain HTML, one style and one script, all of it here. */
export function loginPage(providers: readonly Provider[]): System {
  return {
    name: 'login',
    endpoints: [{ method: 'GET', path: LOGIN_PATH }],
    prefixes: [],
    handle(exchange, path) {
      return path === LOGIN_PATH && exchange.method === 'GET' ? page(exchange, providers) : null;
    },
  };
}

export type Provider = keyof typeof NAMES;

const NAMES = { google: 'Google', facebook: 'Facebook' } as const;

/** What the system tells the page, in words for people. Anything else is not repeated. */
const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'You did not consent, so nothing has happened.'],
  ['email_taken', 'Somebody is registered with this e-mail address already. Sign in with the password.'],
  ['not_registered', 'Nobody here is linked to this account.'],
  ['account_disabled', 'This account is switched off.'],
  ['temporarily_unavailable', 'That service does not answer just now. Try again in a moment.'],
]);

function page({ query }: Exchange, providers: readonly Provider[]): Reply {
  const error = new URLSearchParams(query).get('error');
  const problem = error === null ? '' : (PROBLEMS.get(error) ?? 'That did not work. Try again.');
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Example API</h1>
<p id="status" role="status">${problem}</p>
<noscript><p>This page needs scripts, since it calls the API.</p></noscript>
<section id="signed-out" aria-labelledby="sign-in">
<h2 id="sign-in">Sign in</h2>
${providers.map(providerLink).join('\n')}
<form id="password">
<label for="email">E-mail</label>
<input id="email" name="email" type="text" inputmode="email" autocomplete="username" required>
<label for="secret">Password</label>
<input id="secret" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>
</section>
<section id="signed-in" aria-labelledby="who" hidden>
<h2 id="who"></h2>
<p id="about"></p>
<ul id="audiences"></ul>
<p><a class="button" href="/connections">Connections</a></p>
<button id="sign-out" type="button">Sign out</button>
</section>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
  return {
    status: 200,
    headers: [
      ['Content-Type', 'text/html; charset=utf-8'],
      ['Cache-Control', 'no-store'],
      ['Content-Security-Policy', POLICY],
      // The address holds a code for a moment.
      ['Referrer-Policy', 'no-referrer'],
      ['X-Content-Type-Options', 'nosniff'],
    ],
    body,
  };
}

function providerLink(provider: Provider): string {
  const start = `/api/v1/auth/${provider}/start/?redirect_uri=${encodeURIComponent(LOGIN_PATH)}`;
  return `<p><a class="button" href="${start}">Continue with ${NAMES[provider]}</a></p>`;
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 24rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 1.1rem; font-weight: 600; }
h2 { font-size: 1.5rem; }
label { display: block; margin-top: 0.75rem; }
input, button, .button { box-sizing: border-box; width: 100%; padding: 0.6rem; font: inherit; border-radius: 0.4rem; border: 1px solid GrayText; }
button, .button { display: block; margin-top: 1rem; text-align: center; text-decoration: none; background: ButtonFace; color: ButtonText; cursor: pointer; }
:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
#status:empty { display: none; }
#status { border-left: 4px solid Highlight; padding-left: 0.75rem; }
form { border-top: 1px solid GrayText; margin-top: 1.5rem; }
`;

/** Tokens stay in memory, where no other page can read them, and are gone when this one is. */
const SCRIPT = `
'use strict';
const byId = (id) => document.getElementById(id);
const status = (text) => { byId('status').textContent = text; };
let tokens = null;

async function post(path, body, headers = {}) {
  const answer = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { ok: answer.ok, body: await answer.json() };
}

async function show(name, pair) {
  tokens = pair;
  status('');
  // The pages of this host have a session of their own, which hangs on this one.
  await fetch('/page-session', { method: 'POST', headers: { Authorization: 'Bearer ' + pair.access } });
  const next = sessionStorage.getItem('next');
  sessionStorage.removeItem('next');
  if (next !== null) return location.assign(next);
  byId('who').textContent = 'Signed in as ' + name;
  const answer = await fetch('/api/v1/audiences/', { headers: { Authorization: 'Bearer ' + pair.access } });
  const items = answer.ok ? await answer.json() : [];
  byId('about').textContent = answer.ok ? 'Audiences of your workspace:' : 'You are in no workspace yet.';
  byId('audiences').replaceChildren(...items.map((each) => {
    const item = document.createElement('li');
    item.textContent = each.name;
    return item;
  }));
  byId('signed-out').hidden = true;
  byId('signed-in').hidden = false;
  byId('sign-out').focus();
}

byId('password').addEventListener('submit', async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  const { ok, body } = await post('/api/v1/jwt/create/', fields);
  if (ok) await show(fields.email, body);
  else status('E-mail or password are not right.');
});

byId('sign-out').addEventListener('click', async () => {
  await fetch('/page-session', { method: 'DELETE' });
  await post('/api/v1/jwt/logout/', {}, { Authorization: 'Bearer ' + tokens.access });
  tokens = null;
  byId('signed-in').hidden = true;
  byId('signed-out').hidden = false;
  status('You are signed out.');
});

const sent = new URLSearchParams(location.search);
// Kept here while the browser is at the provider; no address but a known one is ever gone to.
if (sent.get('next') === '/connections') sessionStorage.setItem('next', '/connections');
// Neither a reload nor a bookmark has anything to send again.
history.replaceState(null, '', location.pathname);
if (sent.has('code') && /^[a-z]+$/.test(sent.get('provider') ?? '')) {
  post('/api/v1/auth/' + sent.get('provider') + '/', { code: sent.get('code') }).then(({ ok, body }) => {
    if (!ok) return status('That did not work. Try again.');
    return show([body.user.first_name, body.user.last_name].join(' ').trim() || body.user.email, body);
  });
}
`;

const POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
