import jwt from 'jsonwebtoken';
import { authenticate } from 'portcullis/authenticate';
import { requireScopes } from 'portcullis/require-scopes';
import { JwtBearerStrategy } from 'portcullis/strategies/jwt-bearer';
import type { Mounted } from './api.ts';
import type { Environment } from './environment.ts';
import { products } from './routes.ts';

const ISSUER = 'https://id.example';
const AUDIENCE = 'shop';
const ALGORITHM = 'HS256';
const TOKEN_MINUTES = 15;

/** The products, for whoever brings a JWT of ours that may read them; with a demonstration token to try it. */
export function jwtBearer({ secret, demo }: Environment): Mounted {
  const strategy = new JwtBearerStrategy({
    algorithm: ALGORITHM,
    keys: secret,
    issuer: ISSUER,
    audience: AUDIENCE,
  });
  const route = products([authenticate(strategy), requireScopes('products:read')]);
  const refused = { title: 'Without a token', path: route.path, status: 401 };
  if (!demo) return { routes: [route], samples: [refused], json: {} };

  const token = demonstrationToken(secret);
  const admitted = {
    title: `With the demonstration token, good for ${TOKEN_MINUTES} minutes`,
    path: route.path,
    bearer: token,
    status: 200,
  };
  return { routes: [route], samples: [refused, admitted], json: { jwtBearer: { token } } };
}

/** A token as the host's own login would sign it. */
function demonstrationToken(secret: string): string {
  return jwt.sign({ scope: 'products:read' }, secret, {
    algorithm: ALGORITHM,
    subject: 'demo',
    issuer: ISSUER,
    audience: AUDIENCE,
    expiresIn: `${TOKEN_MINUTES}m`,
  });
}
