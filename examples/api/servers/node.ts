import type { RequestListener } from 'node:http';
import { errorEnvelope, guard, mount } from 'portcullis/node';
import type { Api } from '../api.ts';
import { matchRoute } from '../routes.ts';
import { sendJson } from './send-json.ts';

export function serve({ mounted, routes, elsewhere }: Api): RequestListener {
  const systems = mounted.map(({ system, prefix }) => mount(system, { prefix }));
  const doors = routes.map((route) => ({ route, passed: guard(...route.chain) }));
  const closed = guard(...elsewhere);

  const toRoutes: RequestListener = (request, response) => {
    for (const { route, passed } of doors) {
      const params = matchRoute(route, request.method, request.url);
      if (params === null) continue;
      return passed(request, response, async () =>
        sendJson(response, await route.answer(passed.of(request), params)),
      );
    }
    return closed(request, response, () => undefined);
  };
  // Each system takes the requests for its own endpoints and hands on the others.
  const listener = systems.reduceRight<RequestListener>(
    (next, system) => (request, response) => system(request, response, () => next(request, response)),
    toRoutes,
  );
  return errorEnvelope(listener);
}
