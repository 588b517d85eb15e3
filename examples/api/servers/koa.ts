import type { RequestListener } from 'node:http';
import type KoaApplication from 'koa';
import { errorEnvelope, guard, mount } from 'portcullis/koa';
import type { Api } from '../api.ts';
import { matchRoute } from '../routes.ts';

export async function serve(
  { systems, routes, elsewhere }: Api,
  frameworkPackage: string,
): Promise<RequestListener> {
  const { default: Koa } = (await import(frameworkPackage)) as { readonly default: typeof KoaApplication };
  const app = new Koa();
  app.use(errorEnvelope());
  app.use(mount(...systems));
  for (const route of routes) {
    const passed = guard(...route.chain);
    app.use((context, next) => {
      const params = matchRoute(route, context.method, context.path);
      if (params === null) return next();
      return passed(context, async () => {
        const { status, body } = await route.answer(passed.of(context), params);
        context.status = status;
        context.set('Content-Type', 'application/json');
        context.body = JSON.stringify(body);
      });
    });
  }
  app.use(guard(...elsewhere));
  const handle = app.callback();
  return (request, response) => void handle(request, response);
}
