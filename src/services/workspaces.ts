import { AsyncLocalStorage } from 'node:async_hooks';
import { systemClock, type Clock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { publishEvent } from '../core/event-publishing.ts';
import type { EventSink, WorkspaceEvent } from '../core/events.ts';
import { callback, implementing, optional, parseOptions, text } from '../core/options.ts';

/** Where code runs: in a workspace, or outside all of them on purpose. */
export type WorkspaceContext =
  | { readonly kind: 'scoped'; readonly workspace: string }
  | { readonly kind: 'unscoped'; readonly reason: string };

const contexts = new AsyncLocalStorage<WorkspaceContext>();

/** Runs `act`, and everything that it starts, in a workspace; `workspaceScope` does so for the host's handlers. */
export function runInWorkspace<T>(workspace: string, act: () => T): T {
  return contexts.run({ kind: 'scoped', workspace: text(workspace, 'runInWorkspace: the workspace') }, act);
}

/**
 * The workspace of the request that is being handled.
 *
 * @throws {@link ConfigError} `workspace_outside` outside a request that passed `workspaceScope`, and inside `unscoped`,
 *   so that a query never runs without its filter because nobody asked for one.
 */
export function currentWorkspace(): string {
  const context = contexts.getStore();
  if (context?.kind === 'scoped') return context.workspace;
  throw new ConfigError(
    'workspace_outside',
    context === undefined
      ? 'currentWorkspace: this code runs outside a workspace. Put workspaceScope() into the guard of its route, ' +
          'or run it with runInWorkspace(id, …).'
      : 'currentWorkspace: this code runs in unscoped(…), which has no workspace.',
  );
}

/** Whether this code runs inside {@link unscoped}, on purpose and audited. */
export function isUnscoped(): boolean {
  return contexts.getStore()?.kind === 'unscoped';
}

/**
 * Makes a handle on data that cannot be had without a workspace: each call gives the host's object for the current one.
 *
 * @param make Builds the object for a workspace, such as a repository whose queries all filter by it.
 * @returns A function that throws like {@link currentWorkspace} outside a workspace.
 */
export function scoped<T>(make: (workspace: string) => T): () => T {
  return function inCurrentWorkspace() {
    return make(currentWorkspace());
  };
}

export interface UnscopedOptions {
  /** Is told of the call before it runs; what it throws changes nothing. */
  readonly onEvent?: EventSink<WorkspaceEvent> | undefined;
  readonly clock?: Clock | undefined;
}

/**
 * Runs `act` outside all workspaces, as a report over all of them needs. Each call is one event, on the diagnostics
 * channel `portcullis:workspace` and to `onEvent`.
 *
 * @param reason Why; it stands in the event.
 */
export function unscoped<T>(reason: string, act: () => T, options: UnscopedOptions = {}): T {
  const because = text(reason, 'unscoped(reason)');
  const { onEvent, clock } = parseOptions('unscoped', options, {
    onEvent: optional(callback<EventSink<WorkspaceEvent>>()),
    clock: optional(implementing<Clock>('a clock', 'now'), systemClock),
  });
  const left = contexts.getStore();
  const workspace = left?.kind === 'scoped' ? left.workspace : null;
  publishEvent(
    { type: 'workspace', action: 'unscoped', reason: because, workspace, at: clock.now() },
    onEvent,
  );
  return contexts.run({ kind: 'unscoped', reason: because }, act);
}
