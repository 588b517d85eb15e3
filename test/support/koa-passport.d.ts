/** The package comes without types; what the tests need of it is written down here. */
declare module 'koa-passport' {
  import type { Middleware } from 'koa';

  export class KoaPassport {
    use(strategy: unknown): this;
    initialize(): Middleware;
    authenticate(strategy: unknown, options: object): Middleware;
  }
}
