import { JwtBearerStrategy } from 'portcullis/strategies/jwt-bearer';
import type { Principal } from 'portcullis';

/** A party of a host, with a member of the host's own. */
export interface Employee extends Principal {
  readonly kind: 'user';
  readonly department: string;
}

export const employees = new JwtBearerStrategy<Employee>({
  algorithm: 'HS256',
  keys: 'a secret of many bytes that no test ever signs anything with',
  issuer: null,
  audience: null,
  principal: () => ({ kind: 'user', id: '1', department: 'sales' }),
});
