import { channel, type Channel } from 'node:diagnostics_channel';
import { deliver, type EventSink } from './event-delivery.ts';
import type { DecisionEvent, PublishedEvent } from './events.ts';

/** Held here, since Node forgets a channel that nobody holds. */
const CHANNELS: Readonly<Record<PublishedEvent['type'], Channel>> = {
  decision: channel('portcullis:decision'),
  session: channel('portcullis:session'),
  workspace: channel('portcullis:workspace'),
  allowlist: channel('portcullis:allowlist'),
  api_key: channel('portcullis:api_key'),
  signing_key: channel('portcullis:signing_key'),
  connection: channel('portcullis:connection'),
  oauth_client: channel('portcullis:oauth_client'),
};

/** The channels of `node:diagnostics_channel`, one for each type of event. */
export const EVENT_CHANNELS: readonly string[] = Object.keys(CHANNELS).map((type) => `portcullis:${type}`);

/** Hands an event to the channel of its type and to the sink. */
export function publishEvent<E extends PublishedEvent>(
  event: NoInfer<E>,
  sink: EventSink<E> | undefined,
): void {
  const to = CHANNELS[event.type];
  if (to.hasSubscribers) to.publish(event);
  if (sink !== undefined) deliver(event, sink);
}

/** Whether anybody listens to decisions, so that nothing is put together for nobody. */
export function hasDecisionListener(sink: EventSink<DecisionEvent> | undefined): boolean {
  return sink !== undefined || CHANNELS.decision.hasSubscribers;
}
