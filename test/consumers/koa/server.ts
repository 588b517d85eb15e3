import Koa from 'koa';
import { authenticate } from 'portcullis/authenticate';
import { ipAllowlist } from 'portcullis/ip-allowlist';
import { guard } from 'portcullis/koa';
import { JwtBearerStrategy } from 'portcullis/strategies/jwt-bearer';

const keys = process.env.JWT_SECRET ?? '';
const jwt = new JwtBearerStrategy({
  algorithm: 'HS256',
  keys,
  issuer: 'https://id.example',
  audience: 'shop',
});
const api = guard(authenticate(jwt), ipAllowlist({ networks: ['127.0.0.1', '::1', '10.0.0.0/8'] }));

const app = new Koa();
app.use(api);
app.use((ctx) => {
  ctx.body = { reader: api.of(ctx).id, products: ['lantern', 'rope'] };
});
app.listen(3000);
