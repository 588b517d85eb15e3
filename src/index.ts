export { systemClock, type Clock } from './core/clock.ts';
export type { Credential, CredentialClaim } from './core/credentials.ts';
export {
  allow,
  deny,
  type DecidingRule,
  type Decision,
  type EntryGuard,
  type Guard,
  type GuardDescription,
  type Recognition,
} from './core/decision.ts';
export type { Dialect, RenderContext } from './core/dialect.ts';
export type { Directory, User } from './core/directory.ts';
export {
  AuthError,
  authError,
  ConfigError,
  isAuthError,
  StoreError,
  type AuthErrorDetails,
  type ConfigErrorCode,
  type FieldProblem,
} from './core/errors.ts';
export type {
  AllowlistEvent,
  ApiKeyEvent,
  ConnectionEvent,
  DecisionEvent,
  EventPrincipal,
  EventSink,
  OAuthClientEvent,
  PublishedEvent,
  SessionEvent,
  SigningKeyEvent,
  WorkspaceEvent,
} from './core/events.ts';
export type { BodyReading, Exchange } from './core/exchange.ts';
export type { MaybePromise } from './core/maybe-promise.ts';
export type { Actor, Claims, Principal } from './core/principal.ts';
export { REASONS, type Disclosure, type ReasonCode } from './core/reasons.ts';
export { jsonReply, type HeaderLine, type Reply } from './core/reply.ts';
export type { RequestNamer } from './core/request-id.ts';
export type { Store } from './core/store.ts';
export type { CredentialStrategy } from './core/strategy.ts';
