import express from 'express';
import { authenticate } from 'portcullis/authenticate';
import { guard } from 'portcullis/express';
import { ipAllowlist } from 'portcullis/ip-allowlist';
import { JwtBearerStrategy } from 'portcullis/strategies/jwt-bearer';

const keys = process.env.JWT_SECRET ?? '';
const jwt = new JwtBearerStrategy({
  algorithm: 'HS256',
  keys,
  issuer: 'https://id.example',
  audience: 'shop',
});
const api = guard(authenticate(jwt), ipAllowlist({ networks: ['127.0.0.1', '::1', '10.0.0.0/8'] }));

const app = express();
app.get('/products', api, (req, res) => {
  res.json({ reader: api.of(req).id, products: ['lantern', 'rope'] });
});
app.listen(3000);
