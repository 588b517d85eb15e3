import type { RequestListener } from 'node:http';
import { errorEnvelope, guard } from 'portcullis/node';
import type { Api } from '../api.ts';
import { matches } from '../routes.ts';
import { sendJson } from './send-json.ts';

export function serve({ routes, elsewhere }: Api): RequestListener {
  const doors = routes.map((route) => ({ route, passed: guard(...route.chain) }));
  const closed = guard(...elsewhere);
  return errorEnvelope((request, response) => {
    const door = doors.find(({ route }) => matches(route, request.method, request.url));
    if (door === undefined) return closed(request, response, () => undefined);
    const { route, passed } = door;
    return passed(request, response, () => sendJson(response, route.answer(passed.of(request))));
  });
}
