import type { Clock } from '../../core/clock.ts';
import { publishEvent } from '../../core/event-publishing.ts';
import type { ConnectionEvent, EventSink } from '../../core/events.ts';
import type { ConnectionDocument } from './document.ts';

/** Tells what happened to a connection, once it is in the store. */
export type Notify = (
  id: string,
  connection: Pick<ConnectionDocument, 'workspace' | 'kind'>,
  what: Pick<ConnectionEvent, 'action'> & Partial<Pick<ConnectionEvent, 'reason' | 'revocation' | 'author'>>,
) => void;

export function notifier(clock: Clock, onEvent: EventSink<ConnectionEvent> | undefined): Notify {
  return function notify(connectionId, { workspace, kind }, { action, reason, revocation, author }) {
    publishEvent(
      {
        type: 'connection',
        action,
        connectionId,
        kind,
        workspace,
        reason: reason ?? null,
        revocation: revocation ?? null,
        author: author ?? null,
        at: clock.now(),
      },
      onEvent,
    );
  };
}
