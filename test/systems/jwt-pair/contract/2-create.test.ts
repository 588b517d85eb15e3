import { describe, expect, it } from 'vitest';
import type { LoginAttempt } from '../../../../src/services/login.ts';
import { send, type HttpAnswer } from '../../../support/http-client.ts';
import {
  BLANK,
  expectPair,
  expectParseError,
  expectRefusal,
  fields,
  LOGIN_FAILED,
  NO_DATA,
  NO_STRING,
  noDictionary,
  NULL,
  REQUIRED,
  throttled,
  TOO_LARGE,
  unsupported,
  type Refusal,
} from '../expectations.ts';
import { HOSTS } from '../hosts.ts';
import { JWT, startStage, stopStagesAfterEach, type Stage } from '../stage.ts';

stopStagesAfterEach();

const CREATE = `${JWT}/create/`;
const EMAIL = 'ada@example.com';
const PASSWORD = 'a password of ada@example.com';
const BOUNDARY = 'a-boundary';

/** The rows of the contract whose answer depends on the body alone: the name, the JSON, the answer. */
const ROWS: readonly (readonly [row: string, body: unknown, answer: Refusal])[] = [
  ['wrong password', { email: EMAIL, password: 'wrong' }, LOGIN_FAILED],
  ['unknown e-mail', { email: 'nobody@example.com', password: PASSWORD }, LOGIN_FAILED],
  ['e-mail in another case', { email: 'Ada@example.com', password: PASSWORD }, LOGIN_FAILED],
  ['field missing: both', {}, fields({ email: REQUIRED, password: REQUIRED })],
  ['field missing: only the missing one', { email: EMAIL }, fields({ password: REQUIRED })],
  ['field ""', { email: '', password: PASSWORD }, fields({ email: BLANK })],
  ['field only whitespace', { email: ' \t\n', password: '   ' }, fields({ email: BLANK, password: BLANK })],
  ['field null', { email: EMAIL, password: null }, fields({ password: NULL })],
  ['field boolean', { email: true, password: PASSWORD }, fields({ email: NO_STRING })],
  ['field array', { email: [EMAIL], password: [] }, fields({ email: NO_STRING, password: NO_STRING })],
  [
    'field object',
    { email: { $ne: '' }, password: { $ne: '' } },
    fields({ email: NO_STRING, password: NO_STRING }),
  ],
  [
    'each field wrong in its own way',
    { email: null, password: '' },
    fields({ email: NULL, password: BLANK }),
  ],
  ['field a number, no match', { email: 7, password: 1.5 }, LOGIN_FAILED],
  ['malformed e-mail text', { email: 'no address', password: PASSWORD }, LOGIN_FAILED],
  ['body is a JSON array', [EMAIL, PASSWORD], noDictionary('list')],
  ['body is a JSON string', '"ada"', noDictionary('str')],
  ['body is a JSON number: int', '7', noDictionary('int')],
  ['body is a JSON number: float', '7.5', noDictionary('float')],
  ['body is a JSON bool', 'true', noDictionary('bool')],
  ['body is null', 'null', NO_DATA],
];

const BAD_JSON: readonly (readonly [row: string, body: string])[] = [
  ['a comma too many', '{"email":"ada",}'],
  ['cut off', '{"email":'],
  ['no JSON', 'email=ada'],
  ['two values', '{}{}'],
];

/** Only where the system decodes the bytes itself: the frameworks' own parsers put U+FFFD in the place of bad ones. */
const BAD_BYTES: readonly (readonly [row: string, body: Uint8Array])[] = [
  ['invalid UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
  ['an overlong form', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
];

describe.each(HOSTS)('POST jwt/create on $name', (host) => {
  it('200: both tokens, and nothing that a cache may keep', async () => {
    const stage = await startStage(host);
    const answer = await stage.create({ email: EMAIL, password: PASSWORD, next: '/', email2: 'ignored' });
    expectPair(answer);
    expect(Object.keys(answer.json() as object)).toEqual(['access', 'refresh']);
  });

  it.each(ROWS)('%s', async (_row, body, expected) => {
    const stage = await startStage(host);
    expectRefusal(await stage.create(body), expected);
  });

  it('AU-09 takes no field from a prototype', async () => {
    const stage = await startStage(host);
    const inherited = { email: EMAIL, password: PASSWORD };
    const answers = [
      await stage.post(CREATE, `{"__proto__":${JSON.stringify(inherited)}}`),
      await stage.create({ constructor: { prototype: inherited } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400]);
    expect(stage.directory.calls).toEqual([]);
  });

  it('inactive user', async () => {
    const stage = await startStage(host);
    stage.directory.ada.active = false;
    expectRefusal(await stage.create({ email: EMAIL, password: PASSWORD }), LOGIN_FAILED);
  });

  it('field a number: coerced to its string form, then checked as usual', async () => {
    const stage = await startStage(host);
    Object.assign(stage.directory.ada, { email: '7', password: '12.5' });
    expectPair(await stage.create({ email: 7, password: 12.5 }));
    expectPair(await stage.post(CREATE, '{"email": 7, "password": 12.50}'));
  });

  it.each(host.parsesBodies ? BAD_JSON : [...BAD_JSON, ...BAD_BYTES])(
    'invalid JSON or invalid UTF-8: %s',
    async (_row, body) => {
      const stage = await startStage(host);
      expectParseError(await stage.post(CREATE, body));
    },
  );

  it('empty body', async () => {
    const stage = await startStage(host);
    const missing = fields({ email: REQUIRED, password: REQUIRED });
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      expectRefusal(await stage.post(CREATE, '', { 'Content-Type': type }), missing);
    }
    expectRefusal(await send(stage.port, { method: 'POST', path: CREATE }), missing);
  });

  it('application/x-www-form-urlencoded (or multipart) body: accepted like JSON', async () => {
    const stage = await startStage(host);
    const form = new URLSearchParams({ email: EMAIL, password: PASSWORD }).toString();
    for (const type of [
      'application/x-www-form-urlencoded',
      'Application/X-WWW-Form-Urlencoded; charset=utf-8',
    ]) {
      expectPair(await stage.post(CREATE, form, { 'Content-Type': type }));
    }
    expectPair(await postMultipart(stage, { email: EMAIL, password: PASSWORD }));
    expectPair(
      await stage.post(CREATE, `email=first&${form}`, {
        'Content-Type': 'application/x-www-form-urlencoded',
      }),
    );
  });

  it('fields of a form are refused in the same words', async () => {
    const stage = await startStage(host);
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expectRefusal(await stage.post(CREATE, 'email=ada', type), fields({ password: REQUIRED }));
    expectRefusal(await stage.post(CREATE, 'email=+&password=x', type), fields({ email: BLANK }));
    expectRefusal(await stage.post(CREATE, 'email=ada&password=wrong', type), LOGIN_FAILED);
    expectRefusal(await postMultipart(stage, { email: '' }), fields({ email: BLANK, password: REQUIRED }));
  });

  it.each(['text/plain', 'application/xml', 'application/octet-stream', 'application/json-seq'])(
    'AU-13 any other content type with a body: %s',
    async (type) => {
      const stage = await startStage(host);
      const body = JSON.stringify({ email: EMAIL, password: PASSWORD });
      expectRefusal(await stage.post(CREATE, body, { 'Content-Type': type }), unsupported(type));
    },
  );

  it.each([
    [60, '60', '60 seconds'],
    [1, '1', '1 second'],
    [0.2, '1', '1 second'],
    [59.01, '60', '60 seconds'],
  ])('AU-05 throttled for %d seconds', async (seconds, header, text) => {
    const attempts: (readonly [string | null, boolean])[] = [];
    const loginLimiter = {
      check({ name, address }: LoginAttempt) {
        attempts.push([name, address !== null]);
        return seconds;
      },
      failed: () => expect.unreachable(),
      succeeded: () => expect.unreachable(),
    };
    const stage = await startStage(host, { loginLimiter });
    expectRefusal(await stage.create({ email: ` ${EMAIL} `, password: PASSWORD }), throttled(header, text));
    expectRefusal(await stage.create({}), throttled(header, text));
    expect(attempts).toEqual([
      [EMAIL, true],
      [null, true],
    ]);
    expect(stage.directory.calls).toEqual([]);
  });

  it('body too large', async () => {
    const stage = await startStage(host);
    const filled = (length: number): string => {
      const frame = JSON.stringify({ email: EMAIL, password: PASSWORD, more: '' });
      return frame.replace('"more":""', `"more":"${'x'.repeat(length - frame.length)}"`);
    };
    expectPair(await stage.post(CREATE, filled(65_536)));
    expectRefusal(await stage.post(CREATE, filled(65_537)), TOO_LARGE);
  });

  it('email is stripped of leading and trailing whitespace, the password is compared exactly as received', async () => {
    const stage = await startStage(host);
    expectPair(await stage.create({ email: `  ${EMAIL}\t\n`, password: PASSWORD }));
    expectRefusal(await stage.create({ email: EMAIL, password: `${PASSWORD} ` }), LOGIN_FAILED);
    stage.directory.ada.password = ' blanks are part of it ';
    expectPair(await stage.create({ email: EMAIL, password: ' blanks are part of it ' }));
  });
});

describe('what the limiter hears of a login', () => {
  it('is a failure for wrong credentials, a success for right ones, and neither for a body that cannot be read', async () => {
    const heard: string[] = [];
    const loginLimiter = {
      check: () => null,
      failed: ({ name }: LoginAttempt) => void heard.push(`failed ${name}`),
      succeeded: ({ name }: LoginAttempt) => void heard.push(`succeeded ${name}`),
    };
    const stage = await startStage(undefined, { loginLimiter });
    await stage.create({ email: EMAIL, password: 'wrong' });
    await stage.create({ email: EMAIL });
    await stage.create({ email: EMAIL, password: PASSWORD });
    expect(heard).toEqual([`failed ${EMAIL}`, `succeeded ${EMAIL}`]);
  });
});

describe('what can be chosen about passwords', () => {
  const spaced = { email: EMAIL, password: `  ${PASSWORD} ` };

  it.each([
    ['by default they are exact', {}, false],
    ["compat: 'drf' trims them", { compat: 'drf' }, true],
    ['trimPassword trims them', { trimPassword: true }, true],
    ["trimPassword: false holds under compat: 'drf'", { compat: 'drf', trimPassword: false }, false],
  ] as const)('%s', async (_name, options, isTrimmed) => {
    const stage = await startStage(undefined, options);
    const answer = await stage.create(spaced);
    if (isTrimmed) expectPair(answer);
    else expectRefusal(answer, LOGIN_FAILED);
    expectPair(await stage.create({ email: EMAIL, password: PASSWORD }));
  });
});

function postMultipart(stage: Stage, values: Readonly<Record<string, string>>): Promise<HttpAnswer> {
  const parts = Object.entries(values).map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return stage.post(CREATE, `${parts.join('')}--${BOUNDARY}--\r\n`, {
    'Content-Type': `multipart/form-data; boundary=${BOUNDARY}`,
  });
}
