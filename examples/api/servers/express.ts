import type { RequestListener } from 'node:http';
import type Express from 'express';
import { errorEnvelope, guard, mount } from 'portcullis/express';
import type { Api } from '../api.ts';
import { sendJson } from './send-json.ts';

export async function serve(
  { systems, routes, elsewhere }: Api,
  frameworkPackage: string,
): Promise<RequestListener> {
  const { default: express } = (await import(frameworkPackage)) as { readonly default: typeof Express };
  const app = express().disable('x-powered-by').enable('case sensitive routing');
  app.use(mount(...systems));
  for (const route of routes) {
    const passed = guard(...route.chain);
    app.get(route.path, passed, async (request, response, next) => {
      try {
        sendJson(response, await route.answer(passed.of(request), request.params));
      } catch (error) {
        // Express 4 does not wait for promises.
        next(error);
      }
    });
  }
  app.use(guard(...elsewhere));
  app.use(errorEnvelope());
  return app;
}
