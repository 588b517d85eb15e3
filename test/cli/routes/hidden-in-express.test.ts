import type { Express, NextFunction, Request, Response } from 'express';
import { routesOf } from 'portcullis/routes';
import { describe, expect, it } from 'vitest';
import { EXPRESS, inShort, refuse, statusesOf, unguarded } from './stage.ts';

function secret(_request: Request, response: Response): void {
  response.end('secret');
}

function passing(_request: Request, _response: Response, next: NextFunction): void {
  next();
}

/** Answers one path by itself and passes the others on, which nobody can tell from outside. */
function sometimes(request: Request, response: Response, next: NextFunction): void {
  if (request.originalUrl === '/x/secret') response.end('secret');
  else next();
}

function resuming(_error: unknown, _request: Request, _response: Response, next: NextFunction): void {
  next();
}

function failing(): void {
  throw new Error('as a body parser does with a body that it cannot read');
}

type Make = (typeof EXPRESS)[4 | 5];
type Build = (app: Express, make: Make) => void;

/** Each serves the path without a credential; the list must say so. */
const OPEN: readonly (readonly [title: string, path: string, build: Build, listed: readonly string[]])[] = [
  [
    'a mounted application',
    '/x/secret',
    (app, make) => app.use('/x', make().use(passing).get('/secret', secret)),
    ['* /x/* unseen passing', 'GET /x/secret'],
  ],
  [
    'an application in an application',
    '/x/y/secret',
    (app, make) => app.use('/x', make().use('/y', make().get('/secret', secret))),
    ['GET /x/y/secret'],
  ],
  [
    'an application that is mounted twice, guarded once',
    '/y/secret',
    (app, make) => {
      const inner = make().get('/secret', secret);
      app.use('/x', refuse, inner).use('/y', inner);
    },
    ['GET /y/secret'],
  ],
  [
    'an application among several of one call',
    '/x/secret',
    (app, make) => app.use('/x', make(), make().get('/secret', secret)),
    ['GET /x/secret'],
  ],
  [
    'an application below one of several paths',
    '/y/secret',
    (app, make) => app.use('/x', refuse).use(['/x', '/y'], make().get('/secret', secret)),
    ['GET /y/secret'],
  ],
  [
    'a router with the parameters of its parent',
    '/7/secret',
    (app, make) =>
      app.use('/x', refuse).use('/:id', make.Router({ mergeParams: true }).get('/secret', secret)),
    ['GET /:id/secret'],
  ],
  [
    'a route of its own',
    '/x/secret',
    (app) => app.route('/x/secret').post(refuse, secret).get(secret),
    ['GET /x/secret'],
  ],
  ['a list of handlers', '/x/secret', (app) => app.get('/x/secret', [passing, secret]), ['GET /x/secret']],
  [
    'a guard behind the handler of its route',
    '/x/secret',
    (app) => app.get('/x/secret', secret, refuse),
    ['GET /x/secret unseen secret'],
  ],
  [
    'a guard behind the handler in a list',
    '/x/secret',
    (app) => app.get('/x/secret', [sometimes, refuse], secret),
    ['GET /x/secret unseen sometimes'],
  ],
  ['every method', '/x/secret', (app) => app.all('/x/secret', secret), ['* /x/secret']],
  ['a guard that comes later', '/x', (app) => app.get('/x', secret).use(refuse), ['GET /x']],
  ['a guard on a narrower path', '/x', (app) => app.use('/x/y', refuse).get('/x', secret), ['GET /x']],
  [
    'an expression beside a parameter',
    '/',
    (app) => app.use('/:any', refuse).get(/^\/(?:x\/y)?$/, secret),
    ['GET /(/^\\/(?:x\\/y)?$/)'],
  ],
  [
    'an expression as a mount path, beside another',
    '/x/secret',
    (app, make) => app.use(/^\/(?:y|z)/, refuse).use(/^\/x/, make.Router().get('/secret', secret)),
    ['GET /(/^\\/x/)/secret'],
  ],
  [
    'an expression that remembers',
    '/x/secret',
    (app, make) => app.use(/\/y/g, refuse).use(/\/x/g, make.Router().get('/secret', secret)),
    ['GET /(/\\/x/g)/secret'],
  ],
  [
    'a router that minds case, in front of one that does not',
    '/X/secret',
    (app, make) => {
      app.enable('case sensitive routing');
      app.use('/x', refuse).use(make.Router().get('/x/secret', secret));
    },
    ['GET /x/secret'],
  ],
  [
    'an application as the handler of a route',
    '/x/secret',
    (app, make) => app.get('/x/secret', make().get('/x/secret', secret)),
    ['GET /x/secret'],
  ],
  ['a function', '/x/secret', (app) => app.use('/x', sometimes).use(refuse), ['* /x/* unseen sometimes']],
  [
    'a function around an application',
    '/x/secret',
    (app, make) => {
      const inner = make().get('/secret', secret);
      app.use('/x', (request, response, next) => void inner(request, response, next));
    },
    ['* /x/* unseen (anonymous)'],
  ],
  [
    "a function with the name of one of Express' own",
    '/x',
    (app, make) =>
      app.use(
        '/x',
        make.Router().use(function query(_request, response) {
          response.end('secret');
        }),
      ),
    ['* /x/* unseen query'],
  ],
  [
    'a function for a parameter',
    '/secret/7',
    (app) => {
      app.param('id', function reveal(_request, response) {
        response.end('secret');
      });
      app.get('/secret/:id', refuse, secret);
    },
    ['GET /secret/:id unseen reveal'],
  ],
  [
    'what goes on after an error',
    '/x',
    (app) => app.use(failing, refuse).use(resuming).get('/x', secret),
    ['* /* unseen failing', '* /* unseen resuming, for errors'],
  ],
];

/** The grammar of Express 4, in which one character undoes what stands before it. */
const OPEN_IN_4: typeof OPEN = [
  ['an optional parameter', '/x', (app) => app.use('/x/:id', refuse).get('/x/:id?', secret), ['GET /x/:id?']],
  ['an alternative', '/y', (app) => app.use('/x', refuse).get('/x/z|/y', secret), ['GET /x/z|/y']],
  ['an optional slash', '/xy', (app) => app.use('/x', refuse).get('/x/?y', secret), ['GET /x/?y']],
  ['an optional mount', '/y', (app) => app.use('/x/:id?', refuse).get('/y', secret), ['GET /y']],
];

const OPEN_IN_5: typeof OPEN = [
  [
    'an optional parameter',
    '/x',
    (app) => app.use('/x/:id', refuse).get('/x{/:id}', secret),
    ['GET /x{/:id}'],
  ],
  ['an optional part', '/y', (app) => app.use('/x/y', refuse).get('{/x}/y', secret), ['GET /{/x}/y']],
];

/** Each refuses the path without a credential, and the list must not raise a false alarm. */
const GUARDED: readonly (readonly [title: string, path: string, build: Build, listed: readonly string[]])[] =
  [
    [
      'in front of a mounted application',
      '/x/y/secret',
      (app, make) => app.use('/x', refuse, make().use('/y', make().get('/secret', secret))),
      ['GET /x/y/secret authenticate'],
    ],
    [
      'in a mounted application',
      '/x/secret',
      (app, make) => app.use('/x', make().use(refuse).get('/secret', secret)),
      ['GET /x/secret authenticate'],
    ],
    [
      'below a path that ignores case',
      '/X/secret',
      (app) => app.use('/x', refuse).get('/x/secret', secret),
      ['GET /x/secret authenticate'],
    ],
    [
      'below one of several paths',
      '/y/7/secret',
      (app, make) => app.use(['/x', '/y/:id'], refuse).use('/y/:any', make.Router().all('/secret', secret)),
      ['* /y/:any/secret authenticate'],
    ],
    [
      'below the same expression',
      '/x7/secret',
      (app, make) => app.use(/^\/x\d/, refuse).use(/^\/x\d/, make.Router().get('/secret', secret)),
      ['GET /(/^\\/x\\d/)/secret authenticate'],
    ],
    [
      'in a list of handlers',
      '/x',
      (app) => app.get('/x', [refuse, passing], secret),
      ['GET /x authenticate'],
    ],
    [
      'for every method of a route',
      '/x',
      (app) => app.route('/x').all(refuse).get(secret),
      ['* /x authenticate', 'GET /x authenticate'],
    ],
    [
      'in front of an application that is the handler of a route',
      '/x',
      (app, make) => app.get('/x', refuse, make().get('/x', secret)),
      ['GET /x authenticate'],
    ],
    [
      'in front of what may answer',
      '/x/secret',
      (app) => app.use('/x', refuse).use('/x', sometimes),
      ['* /x/* unseen sometimes authenticate'],
    ],
    [
      'in front of a body parser and an error handler at the end',
      '/x',
      (app, make) => app.use(make.json()).use(refuse).get('/x', secret).use(resuming),
      ['GET /x authenticate'],
    ],
  ];

describe.each([4, 5] as const)('routesOf an Express %s application', (major) => {
  const make = EXPRESS[major];

  it.each([...OPEN, ...(major === 4 ? OPEN_IN_4 : OPEN_IN_5)])(
    'finds what is open in %s',
    async (_title, path, build, listed) => {
      const app = make();
      build(app, make);
      expect(await statusesOf(app, [path])).toEqual([200]);
      expect(unguarded(app)).toEqual(listed);
    },
  );

  it.each(GUARDED)('counts a guard %s', async (_title, path, build, listed) => {
    const app = make();
    build(app, make);
    expect(await statusesOf(app, [path])).toEqual([401]);
    expect(inShort(routesOf(app))).toEqual(listed);
  });

  it('leaves out functions that are said to pass requests on', () => {
    const app = make().use(passing).use(refuse).use(resuming).get('/x', passing, refuse, secret);
    expect(unguarded(app)).not.toEqual([]);
    expect(inShort(routesOf(app, { passThrough: ['passing', 'resuming'] }))).toEqual([
      'GET /x authenticate authenticate',
    ]);
  });

  it('cannot be told to leave out a function without a name', () => {
    const app = make().use((_request, _response, next) => {
      next();
    });
    expect(unguarded(app, { passThrough: ['', '(anonymous)'] })).toEqual(['* /* unseen (anonymous)']);
  });

  it('says where an application is mounted inside itself', () => {
    const router = make.Router().get('/secret', refuse, secret);
    router.use('/again', router);
    expect(inShort(routesOf(make().use('/x', router)))).toEqual([
      'GET /x/secret authenticate',
      '* /x/again/* unseen an application inside itself',
    ]);
  });

  it('looks into an application of the other major', () => {
    const other = EXPRESS[major === 4 ? 5 : 4];
    expect(unguarded(make().use('/x', other().get('/secret', secret)))).toEqual(['GET /x/secret']);
  });
});
