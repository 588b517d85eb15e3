import { allow, deny, type Decision, type Guard } from '../core/decision.ts';
import { authError } from '../core/errors.ts';
import { chain, type MaybePromise } from '../core/maybe-promise.ts';
import { callback, optional, parseOptions, text, type Reader } from '../core/options.ts';
import type { Principal } from '../core/principal.ts';
import { runInWorkspace } from '../services/workspaces.ts';

export interface WorkspaceScopeOptions {
  /** Lets a request choose among the workspaces of its principal; without it, the principal's own is the only one. */
  readonly select?: WorkspaceSelection | undefined;
}

export interface WorkspaceSelection {
  /** The header that names the workspace; a request without it is in the principal's own. */
  readonly header: string;
  /** The workspaces that the principal is a member of now; asked on each request that selects one. */
  readonly workspacesOf: (principal: Principal) => MaybePromise<readonly string[]>;
}

/**
 * Puts the request into the workspace of its principal: the handler, and all that it starts, finds it by
 * `currentWorkspace()`. What the request says about workspaces counts only under `select`, and only among the
 * principal's own.
 *
 * @returns A guard that refuses with `workspace_missing` when the principal has none, and with `workspace_forbidden` when
 *   the selected one is not the principal's, is unknown, or is named more than once; the answers are the same.
 */
export function workspaceScope(options: WorkspaceScopeOptions = {}): Guard {
  const { select } = parseOptions('workspaceScope', options, { select: optional(readSelection) });

  function enterOwn(principal: Principal | null): Decision<Principal | null> {
    return typeof principal?.workspace === 'string' && principal.workspace !== ''
      ? allow(principal)
      : MISSING;
  }

  return {
    name: 'workspace_scope',
    decide(exchange, principal) {
      const asked = select === undefined ? [] : exchange.headerLines(select.header);
      if (select === undefined || asked.length === 0 || principal === null) return enterOwn(principal);
      const workspace = asked.length === 1 ? (asked[0] as string) : '';
      return chain(select.workspacesOf(principal), (own) =>
        workspace !== '' && own.includes(workspace) ? allow({ ...principal, workspace }) : FORBIDDEN,
      );
    },
    enter: (principal, handler) => runInWorkspace(principal?.workspace ?? '', handler),
    describe: () => ({
      guard: 'workspace_scope',
      ...(select === undefined ? {} : { select: select.header }),
    }),
  };
}

const MISSING = deny(authError('workspace_missing'));
const FORBIDDEN = deny(authError('workspace_forbidden'));

const readSelection: Reader<WorkspaceSelection> = (value, path) => {
  const { header, workspacesOf } = parseOptions(path, value, {
    header: text,
    workspacesOf: callback<WorkspaceSelection['workspacesOf']>(),
  });
  return { header: header.toLowerCase(), workspacesOf };
};
