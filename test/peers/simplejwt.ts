import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The interpreter that Debian's packages belong to, whatever else is called python3 on the machine. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('simplejwt.py', import.meta.url));

/** One request to a view of the stack. */
export interface PeerRequest {
  readonly view: 'create' | 'refresh' | 'verify' | 'me';
  readonly body?: string | undefined;
  readonly type?: string | undefined;
  readonly authorization?: string | undefined;
}

export interface PeerAnswer {
  readonly status: number;
  readonly body: string;
  readonly type: string | null;
  readonly challenge: string | null;
}

/** What each class of tokens makes of one: its claims, or the text of its refusal. */
export type PeerVerdict = Readonly<
  Record<
    'access' | 'refresh' | 'untyped',
    { readonly claims?: Readonly<Record<string, unknown>>; readonly refusal?: string }
  >
>;

export interface PeerJob {
  readonly secret: string;
  readonly users?: Readonly<Record<string, { readonly id: string; readonly password: string }>>;
  readonly requests?: readonly PeerRequest[];
  readonly tokens?: readonly string[];
}

export interface PeerResult {
  readonly version: string;
  /** A pair that the stack issued for the user `1`. */
  readonly issued: { readonly access: string; readonly refresh: string };
  readonly answers: readonly PeerAnswer[];
  readonly verdicts: readonly PeerVerdict[];
}

/** Whether Debian's `python3-djangorestframework-simplejwt` is on this machine. */
export function hasSimpleJwt(): boolean {
  return spawnSync(PYTHON, ['-c', 'import rest_framework_simplejwt']).status === 0;
}

/** Has Django REST framework and simple JWT answer, without a server and without a database. */
export function askSimpleJwt({ secret, users = {}, requests = [], tokens = [] }: PeerJob): PeerResult {
  const job = {
    secret,
    users,
    tokens,
    requests: requests.map(({ body = '', type = 'application/json', ...rest }) => ({ ...rest, body, type })),
  };
  const python = spawnSync(PYTHON, [SCRIPT], { input: JSON.stringify(job), encoding: 'utf8' });
  if (python.status !== 0) throw new Error(`the peer failed: ${python.stderr}`, { cause: python.error });
  return JSON.parse(python.stdout) as PeerResult;
}
