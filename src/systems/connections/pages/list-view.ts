import { html, type Html } from '../../../core/html.ts';
import type { ConnectionRecord } from '../../../services/connections/document.ts';
import { form, type FormSeal } from '../../page-form.ts';
import { CHECK, CROSS } from '../../page-icons.ts';
import type { NoticeText } from './notice.ts';
import { dayText, explanationOf, isMendedByUser, labelOf, momentText } from './words.ts';

/** What the page with all connections shows. */
export interface ListContent {
  readonly seal: FormSeal;
  readonly userLabel: string;
  readonly workspaceLabel: string;
  /** The kinds that can be connected. */
  readonly kinds: readonly string[];
  readonly connections: readonly ShownConnection[];
  readonly notice: NoticeText | null;
}

export interface ShownConnection extends ConnectionRecord {
  /** Who connected it, in words. */
  readonly byLabel: string;
}

/** A section for each kind, with its connections and what can be done about them. */
export function listView(content: ListContent): Html {
  const { seal, kinds, connections, notice, userLabel, workspaceLabel } = content;
  // Those of a kind that is configured no longer are shown as well, so that they can be taken away.
  const all = [...new Set([...kinds, ...connections.map(({ kind }) => kind)])];
  return html`<h1>Connections</h1>
    <p class="lead">
      Ads accounts that <strong><bdi>${workspaceLabel}</bdi></strong> works with.
    </p>
    ${notice !== null && noticeView(notice)}
    ${all.map((kind) =>
      section(
        seal,
        kind,
        kinds.includes(kind),
        connections.filter((each) => each.kind === kind),
      ),
    )}
    <p class="foot">
      Signed in as <strong><bdi>${userLabel}</bdi></strong>
    </p>`;
}

function noticeView({ text, good }: NoticeText): Html {
  return good
    ? html`<p class="notice" role="status">${CHECK}<span>${text}</span></p>`
    : html`<p class="alert" role="alert">${text}</p>`;
}

function section(
  seal: FormSeal,
  kind: string,
  isOffered: boolean,
  connections: readonly ShownConnection[],
): Html {
  const label = labelOf(kind);
  const isFirst = connections.length === 0;
  return html`<section aria-labelledby="${kind}">
    <h2 id="${kind}">${label}</h2>
    ${isFirst && html`<p class="hint">Not connected.</p>`}
    ${connections.map((each) => connectionView(seal, each, isOffered))}
    ${
      isOffered &&
      actionForm(seal, 'connect', 'kind', kind, {
        look: isFirst ? 'primary' : 'secondary',
        text: isFirst ? `Connect ${label}` : `Connect another ${label} account`,
        wide: true,
      })
    }
  </section>`;
}

function connectionView(seal: FormSeal, connection: ShownConnection, isOffered: boolean): Html {
  const { id, kind, account, status, reason, since, connectedAt, byLabel } = connection;
  const isActive = status === 'active';
  const name = account ?? 'An account without a name';
  return html`<article class="connection" aria-label="${name}">
    <p class="account"><bdi>${name}</bdi></p>
    <p class="${isActive ? 'state' : 'state bad'}">
      ${isActive ? CHECK : CROSS}<span>${isActive ? 'Works' : 'Does not work'}</span>
    </p>
    ${!isActive && html`<p class="why">${explanationOf(reason, kind)}</p>`}
    <p class="hint">
      Since <time datetime="${new Date(since).toISOString()}">${momentText(since)}</time>. Connected by
      <bdi>${byLabel}</bdi> on
      <time datetime="${new Date(connectedAt).toISOString()}">${dayText(connectedAt)}</time>.
    </p>
    <div class="deeds">
      ${
        !isActive &&
        isOffered &&
        isMendedByUser(reason) &&
        actionForm(seal, 'connect', 'kind', kind, { look: 'primary', text: 'Authorise again', of: name })
      }
      ${
        isOffered &&
        actionForm(seal, 'check', 'connection', id, { look: 'secondary', text: 'Check now', of: name })
      }
      <form method="get">
        <input type="hidden" name="disconnect" value="${id}" />
        <button class="inline" aria-label="Disconnect: ${name}">Disconnect</button>
      </form>
    </div>
  </article>`;
}

interface ActionLook {
  readonly look: 'primary' | 'secondary';
  readonly text: string;
  /** What it is done to, where the text does not say. */
  readonly of?: string | undefined;
  readonly wide?: boolean | undefined;
}

function actionForm(
  seal: FormSeal,
  action: string,
  field: string,
  value: string,
  { look, text, of, wide = false }: ActionLook,
): Html {
  const label = of === undefined ? text : `${text}: ${of}`;
  return form(
    seal,
    action,
    html`<input type="hidden" name="${field}" value="${value}" />
      <button class="${look}${wide ? ' wide' : ''}" aria-label="${label}">${text}</button>`,
  );
}

/** Asks before something is taken away. */
export function disconnectView(seal: FormSeal, connection: ConnectionRecord, path: string): Html {
  const label = labelOf(connection.kind);
  return html`<h1>Disconnect ${label}?</h1>
    <p class="lead">
      <strong><bdi>${connection.account ?? 'An account without a name'}</bdi></strong>
    </p>
    <p class="note">
      Whatever uses this account stops working at once. What is kept of it here is forgotten, and the access
      is taken back. To use it again, somebody has to connect it anew.
    </p>
    ${form(
      seal,
      'disconnect',
      html`<input type="hidden" name="connection" value="${connection.id}" />
        <div class="actions">
          <a class="button secondary" href="${path}">Keep it</a>
          <button class="primary danger">Disconnect</button>
        </div>`,
    )}`;
}
