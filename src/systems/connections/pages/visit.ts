import { authError, isAuthError } from '../../../core/errors.ts';
import type { Exchange } from '../../../core/exchange.ts';
import type { Reply } from '../../../core/reply.ts';
import { allConnections } from '../../../services/connections/all-connections.ts';
import type { ConnectionRecord } from '../../../services/connections/document.ts';
import type { Identify, OwnRefusal } from '../../endpoints.ts';
import { readPageForm, seeOther, wantsHtml } from '../../page-form.ts';
import { carryOut } from './deeds.ts';
import { broken, NOTICE, refused, sealFor, tokenName, type PageDesk, type Visit } from './desk.ts';
import { disconnectView, listView } from './list-view.ts';
import { arrivalText, noticeText, type NoticeText } from './notice.ts';

/** Answers one request to the page. */
export async function answerVisit(
  desk: PageDesk,
  exchange: Exchange,
  identify: Identify,
): Promise<Reply | OwnRefusal> {
  try {
    return await answer(desk, exchange, identify);
  } catch (thrown) {
    if (!wantsHtml(exchange)) throw thrown;
    return broken(desk, thrown);
  }
}

async function answer(desk: PageDesk, exchange: Exchange, identify: Identify): Promise<Reply | OwnRefusal> {
  const { parts, config } = desk;
  const state = parts.browsers.open(exchange);
  if (isAuthError(state)) return refused(desk, state);
  const user = await config.signedIn(exchange);
  if (user === null) return seeOther(config.signInUrl, state);
  const { id, workspace } = user;
  identify({ kind: 'user', id, workspace });
  if (workspace === null) return refused(desk, authError('workspace_missing'));
  const visit: Visit = { desk, state, member: { ...user, workspace } };
  return exchange.method === 'POST' ? post(visit, exchange) : show(visit, exchange);
}

async function show(visit: Visit, exchange: Exchange): Promise<Reply> {
  const { desk, state, member } = visit;
  const query = new URLSearchParams(exchange.query);
  const all = await allConnections(desk.parts.connections, member.workspace);
  const doomed = all.find(({ id }) => id === query.get('disconnect'));
  if (doomed !== undefined) {
    const body = disconnectView(sealFor(visit), doomed, desk.path);
    return desk.page({ title: 'Disconnect?', body, formTargets: [], headers: [state.cookie] });
  }
  const notice = noticeText(state.find(NOTICE), all) ?? arrivalText(query, all);
  return list({ ...visit, state: state.without(NOTICE) }, all, notice);
}

async function list(
  visit: Visit,
  all: readonly ConnectionRecord[],
  notice: NoticeText | null,
  status: number = 200,
): Promise<Reply> {
  const { desk, state, member } = visit;
  const { connections } = desk.parts;
  // All at once, so that a host that is slow keeps the page for one deadline, however many people there are.
  const people = [...new Set(all.map(({ connectedBy }) => connectedBy))];
  const labels = new Map(
    await Promise.all(people.map(async (id) => [id, await desk.config.userLabel(id)] as const)),
  );
  return desk.page({
    status,
    title: 'Connections',
    body: listView({
      seal: sealFor(visit),
      userLabel: member.label ?? member.id,
      workspaceLabel: member.workspaceLabel ?? member.workspace,
      kinds: connections.kinds,
      connections: all.map((each) => ({ ...each, byLabel: labels.get(each.connectedBy) ?? '' })),
      notice,
    }),
    // A form that connects leads to the provider.
    formTargets: connections.kinds.flatMap((kind) => connections.browserOriginsOf(kind)),
    headers: [state.cookie],
  });
}

async function post(visit: Visit, exchange: Exchange): Promise<Reply | OwnRefusal> {
  const { desk, state, member } = visit;
  const { browsers, connections } = desk.parts;
  const fields = await readPageForm(exchange);
  if (isAuthError(fields)) return refused(desk, fields);
  if (browsers.isSentFromPage(exchange) && state.isFormToken(tokenName(member), fields.get('token'))) {
    return carryOut(visit, fields);
  }
  const all = await allConnections(connections, member.workspace);
  return { reply: await list(visit, all, OUT_OF_DATE, 403), refusal: authError('interaction_invalid') };
}

const OUT_OF_DATE: NoticeText = {
  text: 'This page was open for too long, or the form was not sent from here. Nothing has been changed: please try again.',
  good: false,
};
