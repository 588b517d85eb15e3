import type { Dialect } from '../../src/core/dialect.ts';
import { authError } from '../../src/core/errors.ts';
import { REASONS, type ReasonCode } from '../../src/core/reasons.ts';
import type { Reply } from '../../src/core/reply.ts';
import { drf } from '../../src/dialects/drf.ts';
import { envelope } from '../../src/dialects/envelope.ts';
import { oauthDialect } from '../../src/dialects/oauth.ts';
import { problem } from '../../src/dialects/problem.ts';

export const REASON_CODES: readonly ReasonCode[] = Object.keys(REASONS) as ReasonCode[];
export const DIALECTS: readonly Dialect[] = [envelope(), problem(), drf(), oauthDialect()];

/** What each dialect sends for a reason, as lines of a list: on a route that takes Bearer tokens, with the default texts. */
export function answersTo(code: ReasonCode): readonly string[] {
  const context = { schemes: ['Bearer'], method: 'GET', path: '/' } as const;
  return DIALECTS.map((dialect) => {
    const reply = dialect.render(authError(code), context);
    const challenges = reply.headers.flatMap(([name, value]) =>
      name === 'WWW-Authenticate' ? [`, challenged with \`${value}\``] : [],
    );
    return `- ${dialect.name}: ${reply.status} ${bodyOf(dialect.name, reply)}${challenges.join('')}`;
  });
}

/** The other reasons for which every dialect sends the very same. */
export function alike(code: ReasonCode): readonly ReasonCode[] {
  const own = answersTo(code).join('\n');
  return REASON_CODES.filter((other) => other !== code && answersTo(other).join('\n') === own);
}

function bodyOf(dialect: string, { body }: Reply): string {
  return SHORT[dialect]?.(JSON.parse(body) as never) ?? `\`${body}\``;
}

/** How a dialect's body is written on a page; as it is on the wire, where nothing here says it shorter. */
const SHORT: Readonly<Record<string, (body: never) => string>> = {
  envelope: ({ error }: { error: { code: string; message: string } }) =>
    `\`${error.code}\` "${error.message}"`,
  problem: ({ code, title }: { code: string; title: string }) => `\`${code}\` "${title}"`,
};
