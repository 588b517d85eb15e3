import { describe, expect, it } from 'vitest';
import { rawGet } from '../../../support/http-client.ts';
import { HOME } from '../directory.ts';
import { BAD_TOKEN, expectDone, expectGrant, expectRefusal, expectReports } from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { startStage, stopStagesAfterEach } from '../stage.ts';

stopStagesAfterEach();

const AT_HOME = ['reports:read', 'reports:write'];
type Headers = Readonly<Record<string, string | string[]>>;

/** What is sent, where T is a live token and U is another live token of the same user. */
const ACCEPTED: Readonly<Record<string, (t: string) => Headers>> = {
  'Authorization: Bearer T': (t) => ({ Authorization: `Bearer ${t}` }),
  'Authentication: Bearer T': (t) => ({ Authentication: `Bearer ${t}` }),
  'both names with T': (t) => ({ Authorization: `Bearer ${t}`, Authentication: `bearer ${t}` }),
  'Basic beside Authentication: Bearer T': (t) => ({
    Authorization: 'Basic dTpw',
    Authentication: `Bearer ${t}`,
  }),
  'Basic in Authentication beside Authorization: Bearer T': (t) => ({
    Authorization: `Bearer ${t}`,
    Authentication: 'Basic dTpw',
  }),
  'an empty Authorization beside Authentication: Bearer T': (t) => ({
    Authorization: '',
    Authentication: `Bearer ${t}`,
  }),
  'bearer T': (t) => ({ Authentication: `bearer ${t}` }),
  'BEARER T': (t) => ({ Authorization: `BEARER ${t}` }),
  'several spaces': (t) => ({ Authorization: `Bearer    ${t}` }),
  'spaces around': (t) => ({ Authentication: `  Bearer ${t}  ` }),
};

const REFUSED: Readonly<Record<string, (t: string, u: string) => Headers>> = {
  'no header': () => ({}),
  'two different tokens': (t, u) => ({ Authorization: `Bearer ${t}`, Authentication: `Bearer ${u}` }),
  'a live token beside an unknown one': (t) => ({
    Authorization: `Bearer ${t}`,
    Authentication: 'Bearer c04c7ff7-5fa1-48fb-aa2a-bcf97a6b8a79',
  }),
  'two Authorization lines': (t) => ({ Authorization: [`Bearer ${t}`, `Bearer ${t}`] }),
  'two Authentication lines': (t) => ({ Authentication: [`Bearer ${t}`, `Bearer ${t}`] }),
  'two lines of which one is Basic': (t) => ({ Authorization: ['Basic dTpw', `Bearer ${t}`] }),
  'joined by a comma': (t, u) => ({ Authorization: `Bearer ${t},${u}` }),
  'joined by a comma and a space': (t) => ({ Authentication: `Bearer ${t}, Bearer ${t}` }),
  'a comma behind it': (t) => ({ Authorization: `Bearer ${t},` }),
  'two words': (t) => ({ Authorization: `Bearer ${t} x` }),
  'the scheme alone': () => ({ Authorization: 'Bearer' }),
  'the token alone': (t) => ({ Authorization: t }),
  'no space': (t) => ({ Authorization: `Bearer${t}` }),
  'another separator': (t) => ({ Authorization: `Bearer:${t}` }),
  quotes: (t) => ({ Authorization: `Bearer "${t}"` }),
  'upper case': (t) => ({ Authorization: `Bearer ${t.toUpperCase()}` }),
  'another header': (t) => ({ 'X-Authorization': `Bearer ${t}`, Cookie: `token=${t}` }),
  'a JWT': () => ({ Authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln' }),
  'a very long token': () => ({ Authorization: `Bearer ${'x'.repeat(8000)}` }),
  '3.9 Basic, which is not served': () => ({ Authorization: 'Basic dGVzdEB1c2VyLmNvbTpzZWNyZXQ=' }),
  '3.9 Integrator, which is not served': (t) => ({ Authorization: `Integrator ${t}` }),
  '3.9 Integrator in Authentication': (t) => ({ Authentication: `Integrator ${t}` }),
};

describe.each(HOSTS)('The header on $name', (host) => {
  it.each(Object.entries(ACCEPTED))('accepts %s', async (_case, headersOf) => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    expectReports(await stage.get('/reports', headersOf(token)), HOME, AT_HOME);
    expectDone(await stage.post('/auth/logout', undefined, headersOf(token)));
  });

  it('refuses everything else', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    const { token: other } = await stage.login();
    for (const [name, headersOf] of Object.entries(REFUSED)) {
      const headers = headersOf(token, other);
      const answers = [
        await stage.get('/reports', headers),
        await stage.post('/auth/logout', undefined, headers),
        await stage.post('/auth/masquerade', { account_id: HOME }, headers),
        await stage.get('/auth/unknown', headers),
      ];
      const statuses = answers.map(({ status }) => status);
      expect({ name, statuses }).toEqual({ name, statuses: [401, 401, 401, 401] });
      for (const answer of answers) expectRefusal(answer, BAD_TOKEN);
    }
    expectRefusal(await stage.get(`/reports?access_token=${token}`), BAD_TOKEN);
    expectReports(await stage.reports(token), HOME, AT_HOME);
  });

  it('takes a tab for a blank', async () => {
    const stage = await startStage(host);
    const { token } = await stage.login();
    const answer = await rawGet(stage.port, [`Authentication:\tBearer\t${token}\t`], '/reports');
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  it('is accepted under either name by every endpoint that needs it', async () => {
    const stage = await startStage(host);
    let { token } = await stage.login();
    for (const name of ['Authentication', 'Authorization', 'authentication']) {
      const headers = { [name]: `Bearer ${token}` };
      token = expectGrant(await stage.post('/auth/masquerade', { account_id: HOME }, headers)).token;
    }
  });
});
