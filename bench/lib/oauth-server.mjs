// Starts a token endpoint in a process of its own; run by itself, this file is that server.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

export const BARE = 'oauth2-server, memory model';
export const OURS = 'portcullis';
export const OPAQUE = 'portcullis, opaque tokens';
export const CLIENT = { id: 'bench', secret: 'a-secret-of-the-bench-that-is-long-enough' };

const SCOPES = ['reports:read', 'reports:write'];
const PATH = '/v1/oauth/token';

/** @param {string} name @returns {Promise<{ url: string, stop: () => Promise<void> }>} */
export async function startOAuthServer(name) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name], {
    stdio: ['ignore', 'pipe', 2],
  });
  const origin = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`bench: the server of ${name} ended with ${code}`)));
    child.stdout.once('data', (line) => resolve(String(line).trim()));
  });
  child.removeAllListeners('exit');
  return {
    url: origin + PATH,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(process.argv[2]);

async function serve(name) {
  const listener =
    name === BARE ? await bareListener() : await ourListener(name === OPAQUE ? 'opaque' : 'jwt');
  const server = createServer((request, response) => void listener(request, response)).listen(
    0,
    '127.0.0.1',
    () => {
      process.stdout.write(`http://127.0.0.1:${server.address().port}`);
    },
  );
}

/** The library with the least model that keeps what it issues and looks at scopes and secrets. */
async function bareListener() {
  const { default: OAuth2Server } = await import('@node-oauth/oauth2-server');
  const { hash, timingSafeEqual } = await import('node:crypto');
  const sha256 = (text) => hash('sha256', text, 'buffer');
  const clients = new Map([
    [CLIENT.id, { id: CLIENT.id, grants: ['client_credentials'], secret: sha256(CLIENT.secret) }],
  ]);
  const tokens = new Map();
  const oauth = new OAuth2Server({
    model: {
      getClient(id, secret) {
        const client = clients.get(id);
        return client !== undefined && timingSafeEqual(sha256(secret), client.secret) ? client : undefined;
      },
      getUserFromClient: ({ id }) => ({ id }),
      validateScope: (_user, _client, scopes) =>
        scopes.every((scope) => SCOPES.includes(scope)) ? scopes : false,
      saveToken(token, client, user) {
        const kept = { ...token, client, user };
        tokens.set(token.accessToken, kept);
        return kept;
      },
      getAccessToken: (token) => tokens.get(token),
    },
  });
  return async function listener(request, response) {
    let text = '';
    request.setEncoding('utf8');
    for await (const chunk of request) text += chunk;
    const answer = new OAuth2Server.Response({});
    const asked = new OAuth2Server.Request({
      headers: request.headers,
      method: request.method,
      query: {},
      body: Object.fromEntries(new URLSearchParams(text)),
    });
    await oauth.token(asked, answer).catch(() => undefined);
    const body = JSON.stringify(answer.body);
    response.writeHead(answer.status, {
      ...answer.headers,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    });
    response.end(body);
  };
}

async function ourListener(accessTokens) {
  const { mount } = await import('../../dist/src/node.js');
  const { memoryStore } = await import('../../dist/src/stores/memory.js');
  const { oauthSystem } = await import('../../dist/src/systems/oauth/system.js');
  const { createHash } = await import('node:crypto');
  const store = memoryStore();
  const oauth = oauthSystem({
    store,
    directory: { findLogin: () => null, verifyPassword: () => false, findUser: () => null },
    issuer: 'http://localhost:3000',
    pages: null,
    scopes: Object.fromEntries(SCOPES.map((scope) => [scope, `May do ${scope}`])),
    secret: 'a secret of the bench that is long enough to be one',
    keys: 'another secret of the bench that is long enough',
    accessTokens,
    // The peer limits nobody, and all requests of the bench come from one address.
    endpointLimiter: null,
  });
  await oauth.clients.create({
    clientId: CLIENT.id,
    name: 'Bench',
    owner: 'Bench',
    type: 'confidential',
    grants: ['client_credentials'],
    scopes: SCOPES,
  });
  // The secret is made by the service; here it has to be one that both servers know.
  const record = await store.get('oauth_client', CLIENT.id);
  const hash = createHash('sha256').update(CLIENT.secret).digest('base64url');
  const document = /** @type {{ secrets: object[] }} */ (record.data);
  const secrets = document.secrets.map((secret) => ({ ...secret, hash }));
  await store.put('oauth_client', CLIENT.id, { ...document, secrets }, { lookups: record.lookups });
  const answer = mount(oauth);
  return (request, response) => answer(request, response, () => response.writeHead(404).end());
}
