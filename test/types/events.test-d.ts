/** Events are told apart by `type`, and each sink is handed what it asked for and no more. */
import type {
  AllowlistEvent,
  ApiKeyEvent,
  ConnectionEvent,
  DecisionEvent,
  EventPrincipal,
  EventSink,
  OAuthClientEvent,
  PublishedEvent,
  ReasonCode,
  SessionEvent,
  SigningKeyEvent,
  WorkspaceEvent,
} from 'portcullis';
import { apiKeys } from 'portcullis/api-keys';
import { jsonLines, metricLabels, onEveryEvent, type AnyEvent } from 'portcullis/audit';
import { open } from 'portcullis/authenticate';
import { guard } from 'portcullis/express';
import type { B2bOptions } from 'portcullis/b2b';
import type { BearerSessionOptions } from 'portcullis/bearer-session';
import type { JwtPairOptions } from 'portcullis/jwt-pair';
import type { OAuthOptions } from 'portcullis/oauth';
import { memoryStore } from 'portcullis/stores/memory';
import { unscoped } from 'portcullis/workspaces';
import { expectTypeOf } from 'vitest';

type EventOf<Options extends { readonly onEvent?: unknown }> = Parameters<
  Extract<Options['onEvent'], EventSink<never>>
>[0];

/* Everything there is, by its type. */
onEveryEvent((event) => {
  expectTypeOf(event).toEqualTypeOf<PublishedEvent>();
  switch (event.type) {
    case 'decision':
      expectTypeOf(event).toEqualTypeOf<DecisionEvent>();
      expectTypeOf(event.reason).toEqualTypeOf<ReasonCode | null>();
      expectTypeOf(event.principal).toEqualTypeOf<EventPrincipal | null>();
      return event.requestId;
    case 'session':
      expectTypeOf(event).toEqualTypeOf<SessionEvent>();
      return event.owner;
    case 'api_key':
      expectTypeOf(event).toEqualTypeOf<ApiKeyEvent>();
      return event.keyId;
    case 'allowlist':
      expectTypeOf(event).toEqualTypeOf<AllowlistEvent>();
      return event.list;
    case 'signing_key':
      expectTypeOf(event).toEqualTypeOf<SigningKeyEvent>();
      return event.ring;
    case 'connection':
      expectTypeOf(event).toEqualTypeOf<ConnectionEvent>();
      return event.connectionId;
    case 'oauth_client':
      expectTypeOf(event).toEqualTypeOf<OAuthClientEvent>();
      return event.clientId;
    case 'workspace':
      expectTypeOf(event).toEqualTypeOf<WorkspaceEvent>();
      return event.workspace;
    default:
      return expectTypeOf(event).toBeNever();
  }
});
expectTypeOf<PublishedEvent['at']>().toEqualTypeOf<number>();

/* Each source tells of its own. */
expectTypeOf<EventOf<B2bOptions>>().toEqualTypeOf<DecisionEvent | SessionEvent | AllowlistEvent>();
expectTypeOf<EventOf<JwtPairOptions>>().toEqualTypeOf<DecisionEvent | SessionEvent | AllowlistEvent>();
expectTypeOf<EventOf<BearerSessionOptions>>().toEqualTypeOf<DecisionEvent | SessionEvent | AllowlistEvent>();
expectTypeOf<EventOf<OAuthOptions>>().toEqualTypeOf<
  DecisionEvent | SessionEvent | AllowlistEvent | OAuthClientEvent
>();
guard(open('a test'), { onEvent: (event) => expectTypeOf(event).toEqualTypeOf<DecisionEvent>() });
apiKeys({
  store: memoryStore(),
  productPrefix: 'acme',
  onEvent: (event) => expectTypeOf(event).toEqualTypeOf<ApiKeyEvent>(),
});
unscoped('a report', () => null, {
  onEvent: (event) => expectTypeOf(event).toEqualTypeOf<WorkspaceEvent>(),
});

/* A sink for every event fits everywhere, also an asynchronous one. */
const lines = jsonLines(process.stdout);
expectTypeOf(lines).toExtend<EventSink<PublishedEvent>>();
guard(open('a test'), { onEvent: lines });
guard(open('a test'), { onEvent: async (event) => metricLabels(event) });
onEveryEvent(lines);
expectTypeOf<PublishedEvent>().toExtend<AnyEvent>();
expectTypeOf(metricLabels).returns.toEqualTypeOf<Readonly<Record<string, string>>>();

/* What is wrong does not compile. */
// @ts-expect-error -- a guard tells of no sessions
guard(open('a test'), { onEvent: (event: SessionEvent) => event.owner });
// @ts-expect-error -- there is no such type of event
onEveryEvent((event) => event.type === 'login');
// @ts-expect-error -- not every event has a session
onEveryEvent((event) => event.sessionId);
// @ts-expect-error -- an event does not change
onEveryEvent((event) => (event.at = 0));
