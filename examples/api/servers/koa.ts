import type { RequestListener } from 'node:http';
import Koa from 'koa';
import { errorEnvelope, guard } from 'portcullis/koa';
import type { Api } from '../api.ts';
import { matches } from '../routes.ts';

export function serve({ routes, elsewhere }: Api): RequestListener {
  const app = new Koa();
  app.use(errorEnvelope());
  for (const route of routes) {
    const passed = guard(...route.chain);
    app.use((context, next) => {
      if (!matches(route, context.method, context.path)) return next();
      return passed(context, async () => {
        context.set('Content-Type', 'application/json');
        context.body = JSON.stringify(route.answer(passed.of(context)));
      });
    });
  }
  app.use(guard(...elsewhere));
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}
