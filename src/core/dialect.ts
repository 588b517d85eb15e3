import type { AuthError } from './errors.ts';
import type { Reply } from './reply.ts';

/** How an API writes its refusals. A dialect is handed to a guard; it is never looked up by name. */
export interface Dialect {
  readonly name: string;
  /** Renders every refusal: no reason code is without an answer. */
  render(error: AuthError, context: RenderContext): Reply;
}

/** What a dialect may need to know besides the refusal. */
export interface RenderContext {
  /** The schemes that the refusing chain accepts, for `WWW-Authenticate`. */
  readonly schemes: readonly string[];
  /** The request's method and path, without its query. */
  readonly method: string;
  readonly path: string;
}
