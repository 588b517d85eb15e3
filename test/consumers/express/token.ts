import jwt from 'jsonwebtoken';

const claims = { sub: 'u-17', iss: 'https://id.example', aud: 'shop' };
console.log(jwt.sign(claims, process.env.JWT_SECRET ?? '', { algorithm: 'HS256', expiresIn: '15m' }));
