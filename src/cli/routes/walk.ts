import type { GuardDescription } from '../../core/decision.ts';
import type { MountedEndpoint } from '../../middleware/mounting.ts';
import type { FoundRoute } from './found-route.ts';
import { handlerOf } from './handler.ts';
import { covers, EVERYWHERE, joinPaths, readPath, writtenPath, type PathPattern } from './path-pattern.ts';
import type { Layer, MiddlewareLayer, RouteLayer, Stack, Step } from './stack.ts';

/**
 * Lists the routes of a stack and of the stacks in it, in the order in which they are tried.
 *
 * @param passThrough The names of the host's functions that only pass requests on.
 */
export function routesOfStack(stack: Stack, passThrough: ReadonlySet<string>): readonly FoundRoute[] {
  return walkStack(stack, {
    front: EVERYWHERE,
    reach: EVERYWHERE,
    standing: [],
    method: '*',
    isFollowed: false,
    within: [],
    passThrough,
  }).routes;
}

/** Where a handler stands. */
interface Place {
  /** The path that was taken away from the request on the way here. */
  readonly front: PathPattern;
  /** Below which path the handler surely runs; `null` where that cannot be told. */
  readonly reach: PathPattern | null;
  /** The guards before it, each with the path below which it surely runs. */
  readonly standing: readonly Standing[];
  readonly method: string;
  /** Whether anything is tried after it. */
  readonly isFollowed: boolean;
  /** The stacks around it, by identity. */
  readonly within: readonly object[];
  readonly passThrough: ReadonlySet<string>;
}

interface Standing {
  readonly at: PathPattern;
  readonly guards: readonly GuardDescription[];
}

/** What a handler brings: routes for the list, and guards that stand before everything tried after it. */
interface Findings {
  readonly routes: readonly FoundRoute[];
  readonly standing: readonly Standing[];
}

function walkStack(stack: Stack, outside: Place): Findings {
  if (outside.within.includes(stack.identity)) return found(unseen('an application inside itself', outside));
  const front = joinPaths(outside.front, stack.prefix);
  const reach = outside.reach === null ? null : joinPaths(outside.reach, stack.prefix);
  const within = [...outside.within, stack.identity];
  const routes: FoundRoute[] = [];
  const standing: Standing[] = [];
  for (const [index, layer] of stack.layers.entries()) {
    const isFollowed = outside.isFollowed || stack.layers.slice(index + 1).some(runsWithoutError);
    const place = {
      ...outside,
      front,
      reach,
      within,
      isFollowed,
      standing: [...outside.standing, ...standing],
    };
    const findings = layer.kind === 'route' ? walkRoute(layer, place) : walkMiddleware(layer, place);
    routes.push(...findings.routes);
    standing.push(...findings.standing);
  }
  return { routes, standing: stack.isSequence ? standing : [] };
}

function walkMiddleware(layer: MiddlewareLayer, { front, reach, ...place }: Place): Findings {
  return walkStep(layer, {
    ...place,
    front: joinPaths(front, layer.prefix),
    reach: reach === null || layer.covers === null ? null : joinPaths(reach, layer.covers),
  });
}

function walkStep({ handler: value, isForErrors }: Step, place: Place): Findings {
  const handler = handlerOf(value);
  switch (handler.kind) {
    case 'guard':
      return {
        routes: [],
        standing: place.reach === null ? [] : [{ at: place.reach, guards: handler.guards }],
      };
    case 'systems':
      return found(
        ...handler.endpoints
          .map((endpoint) => endpointAt(endpoint, place))
          .filter(({ unseen: what }) => what === null || !place.passThrough.has(what)),
      );
    case 'stack':
      return walkStack(handler.stack, place);
    case 'pass_through':
      return found();
    case 'opaque':
      break;
  }
  return walkOpaque(handler.name, isForErrors, place);
}

function walkOpaque(known: string | null, isForErrors: boolean, place: Place): Findings {
  if (known !== null && place.passThrough.has(known)) return found();
  const name = known ?? '(anonymous)';
  if (!isForErrors) return found(unseen(name, place));
  // What it does not pass on goes to what is next, past every guard that the error has skipped.
  return place.isFollowed ? found(unseen(`${name}, for errors`, { ...place, standing: [] })) : found();
}

function walkRoute({ path, methods }: RouteLayer, place: Place): Findings {
  const full = joinPaths(place.front, path);
  const above = guardsBefore(full, place.standing);
  const elsewhere = place.standing.filter(({ at }) => !covers(at, full));
  return found(
    ...methods.flatMap(({ method, steps }) => {
      const row = { method, path: writtenPath(full), system: null };
      const nested: FoundRoute[] = [];
      const handlers: FoundRoute[] = [];
      let guards = above;
      for (const [index, step] of stepsIn(steps).entries()) {
        const isFollowed = place.isFollowed || index < steps.length - 1;
        // A router in a route sees the whole path, and no request but those that came this far.
        const standing = [{ at: EVERYWHERE, guards }, ...elsewhere];
        const findings = walkStep(step, { ...place, reach: EVERYWHERE, standing, method, isFollowed });
        guards = [...guards, ...findings.standing.flatMap((each) => each.guards)];
        for (const each of findings.routes) {
          const isOpaque = handlerOf(step.handler).kind === 'opaque';
          if (isOpaque) handlers.push({ ...each, path: row.path });
          else nested.push(each);
        }
      }
      // Functions of a route are its handlers, as long as they have every guard of the route in front of them.
      const early = handlers.filter((handler) => handler.guards.length < guards.length);
      const isRoute = handlers.length > 0 || nested.length === 0;
      return [...early, ...nested, ...(isRoute ? [{ ...row, guards, unseen: null }] : [])];
    }),
  );
}

/** The steps with those that were composed into one (`koa-compose`) laid out. */
function stepsIn(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => {
    const handler = handlerOf(step.handler);
    if (handler.kind !== 'stack' || !handler.stack.isSequence || handler.stack.prefix.segments.length > 0)
      return [step];
    const inner = handler.stack.layers.filter((layer) => layer.kind === 'middleware');
    return stepsIn(inner);
  });
}

function found(...routes: readonly FoundRoute[]): Findings {
  return { routes, standing: [] };
}

function unseen(what: string, { front, reach, standing, method }: Place): FoundRoute {
  const path = reach ?? front;
  const below = joinPaths(path, readPath('*', true, 'groups'));
  return {
    method,
    path: writtenPath(below),
    guards: guardsBefore(path, standing),
    system: null,
    unseen: what,
  };
}

/** An endpoint of a system; `/*` stands for those of a system that does not list them. */
function endpointAt({ system, method, path }: MountedEndpoint, { front, standing }: Place): FoundRoute {
  const full = joinPaths(front, readPath(path, true, 'groups'));
  const isListed = !path.endsWith('/*');
  return {
    method: method ?? '*',
    path: writtenPath(full),
    guards: guardsBefore(full, standing),
    system: isListed ? system : null,
    unseen: isListed ? null : `the system ${system}`,
  };
}

/** The guards that a route meets: those of every middleware before it that surely runs for its path. */
function guardsBefore(path: PathPattern, standing: readonly Standing[]): readonly GuardDescription[] {
  return standing.filter(({ at }) => covers(at, path)).flatMap(({ guards }) => guards);
}

function runsWithoutError(layer: Layer): boolean {
  return layer.kind === 'route' || !layer.isForErrors;
}
