import type { ServerResponse } from 'node:http';

/** Answers 200. The content type has no charset, like that of every answer of the package: JSON is always UTF-8. */
export function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(value));
}
