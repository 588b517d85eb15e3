import type { ServerResponse } from 'node:http';
import type { Answer } from '../api.ts';

/** The content type has no charset, like that of every answer of the package: JSON is always UTF-8. */
export function sendJson(response: ServerResponse, { status, body }: Answer): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}
