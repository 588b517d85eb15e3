import type { RequestListener } from 'node:http';
import { errorEnvelope, guard, mount } from 'portcullis/node';
import type { Api } from '../api.ts';
import { matchRoute } from '../routes.ts';
import { sendJson } from './send-json.ts';

export function serve({ systems, routes, elsewhere }: Api): RequestListener {
  const answerSystems = mount(...systems);
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
  return errorEnvelope((request, response) =>
    answerSystems(request, response, () => toRoutes(request, response)),
  );
}
