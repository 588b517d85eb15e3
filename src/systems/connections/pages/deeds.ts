import { authError, isAuthError, isStoreError } from '../../../core/errors.ts';
import type { Reply } from '../../../core/reply.ts';
import type { OwnRefusal } from '../../endpoints.ts';
import { seeOther, type PageForm } from '../../page-form.ts';
import { startConnection } from '../start.ts';
import { refused, told, type Visit } from './desk.ts';

type Deed = (visit: Visit, fields: PageForm) => Promise<Reply | OwnRefusal>;

/** Does what a form of the page asks for. */
export function carryOut(visit: Visit, fields: PageForm): Promise<Reply | OwnRefusal> | OwnRefusal {
  const deed = DEEDS.get(fields.get('action') ?? '');
  return deed === undefined ? refused(visit.desk, authError('body_invalid')) : deed(visit, fields);
}

const DEEDS: ReadonlyMap<string, Deed> = new Map([
  ['connect', connect],
  ['check', check],
  ['disconnect', disconnect],
]);

async function connect({ desk, state, member }: Visit, fields: PageForm): Promise<Reply | OwnRefusal> {
  const kind = fields.get('kind') ?? '';
  const asked = { kind, workspace: member.workspace, user: member.id, returnTo: desk.url };
  const started = await startConnection(desk.parts, state, asked);
  if (isAuthError(started)) return refused(desk, started, kind);
  return seeOther(started.authorizationUrl, started.state);
}

async function check(visit: Visit, fields: PageForm): Promise<Reply> {
  const { connections } = visit.desk.parts;
  const id = fields.get('connection') ?? '';
  const found = await connections.find({ workspace: visit.member.workspace, id });
  if (found === null) return told(visit, { what: 'gone' });
  try {
    const checked = await connections.check(found);
    return told(visit, checked === null ? { what: 'gone' } : { what: 'checked', id });
  } catch (outage) {
    if (!isStoreError(outage)) throw outage;
    return told(visit, { what: 'unreachable', kind: found.kind });
  }
}

async function disconnect(visit: Visit, fields: PageForm): Promise<Reply> {
  const { connections } = visit.desk.parts;
  const { workspace, id: author } = visit.member;
  const found = await connections.find({ workspace, id: fields.get('connection') ?? '' });
  if (found === null) return told(visit, { what: 'gone' });
  const revocation = await connections.disconnect(found, { author: author.slice(0, 100) });
  if (revocation === null) return told(visit, { what: 'gone' });
  const { kind, account } = found;
  return told(visit, { what: 'disconnected', kind, account: account?.slice(0, 100) ?? null, revocation });
}
