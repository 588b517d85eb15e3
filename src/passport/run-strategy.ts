import { chain, isPromise, type MaybePromise } from '../core/maybe-promise.ts';

/** A strategy as Passport knows it: it has a name and calls one of five actions on `this`. */
export interface PassportStrategy {
  readonly name?: string | undefined;
  authenticate(this: unknown, request: never, options?: never): unknown;
}

/** Which of Passport's five actions a strategy took. */
export type StrategyOutcome =
  | { readonly action: 'success'; readonly user: unknown; readonly info: unknown }
  | { readonly action: 'fail'; readonly challenge: unknown; readonly status: number | undefined }
  | { readonly action: 'redirect'; readonly url: string; readonly status: number }
  | { readonly action: 'pass' }
  | { readonly action: 'error'; readonly error: unknown };

/**
 * Runs any Passport strategy once and turns its actions into one value: at once when the strategy acts before it
 * returns, otherwise as a promise. What the strategy throws, or rejects with, is the outcome `error`; the second action
 * of one run is ignored.
 *
 * The actions are put onto a fresh object that inherits from the strategy. Passport does so only for strategies that
 * are named; an instance that is handed to it is written to, and two overlapping requests then answer each other.
 */
export function runStrategy(
  strategy: PassportStrategy,
  request: unknown,
  options: unknown = {},
): MaybePromise<StrategyOutcome> {
  let outcome: StrategyOutcome | undefined;
  let wake: ((outcome: StrategyOutcome) => void) | undefined;
  function settle(value: StrategyOutcome): void {
    if (outcome !== undefined) return;
    outcome = value;
    wake?.(value);
  }

  const run = Object.create(strategy) as Record<string, unknown>;
  run['success'] = (user: unknown, info: unknown) => settle({ action: 'success', user, info });
  run['fail'] = (challenge: unknown, status: unknown) =>
    typeof challenge === 'number'
      ? settle({ action: 'fail', challenge: undefined, status: challenge })
      : settle({ action: 'fail', challenge, status: typeof status === 'number' ? status : undefined });
  run['redirect'] = (url: string, status?: number) =>
    settle({ action: 'redirect', url, status: status ?? 302 });
  run['pass'] = () => settle({ action: 'pass' });
  run['error'] = (error: unknown) => settle({ action: 'error', error });

  try {
    const returned = (strategy.authenticate as (...args: unknown[]) => unknown).call(run, request, options);
    if (isPromise(returned)) returned.then(undefined, (error: unknown) => settle({ action: 'error', error }));
  } catch (error) {
    settle({ action: 'error', error });
  }
  return outcome ?? new Promise((resolve) => (wake = resolve));
}

/** The five actions that whoever runs a Passport strategy has put onto its `this`. */
export interface StrategyActions {
  readonly success: (user: unknown, info?: unknown) => void;
  readonly fail: (challenge: unknown, status?: number) => void;
  readonly redirect: (url: string, status?: number) => void;
  readonly pass: () => void;
  readonly error: (error: unknown) => void;
}

/** Reads the actions off `this` before anything is awaited, so that overlapping runs cannot swap them. */
export function actionsOf(run: unknown): StrategyActions {
  const { success, fail, redirect, pass, error } = run as StrategyActions;
  return {
    success: success?.bind(run),
    fail: fail?.bind(run),
    redirect: redirect?.bind(run),
    pass: pass?.bind(run),
    error: error?.bind(run),
  };
}

/**
 * Calls `act` with a result now or later, and the action `error` with what was thrown instead of a result. What `act`
 * itself throws at once goes to the caller: it comes from the host's callback, which must not be called a second time.
 */
export function actOn<T>(
  actions: StrategyActions,
  produce: () => MaybePromise<T>,
  act: (value: T) => void,
): void {
  let produced: MaybePromise<T>;
  try {
    produced = produce();
  } catch (error) {
    actions.error(error);
    return;
  }
  const done = chain(produced, act);
  if (isPromise(done)) done.catch((error: unknown) => actions.error(error));
}
