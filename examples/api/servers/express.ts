import type { RequestListener } from 'node:http';
import express from 'express';
import { errorEnvelope, guard } from 'portcullis/express';
import type { Api } from '../api.ts';
import { sendJson } from './send-json.ts';

export function serve({ routes, elsewhere }: Api): RequestListener {
  const app = express().disable('x-powered-by').enable('case sensitive routing');
  for (const route of routes) {
    const passed = guard(...route.chain);
    app.get(route.path, passed, (request, response) => sendJson(response, route.answer(passed.of(request))));
  }
  app.use(guard(...elsewhere));
  app.use(errorEnvelope());
  return app;
}
