import type { Allowlist, AllowlistMode, AllowlistReport } from '../../services/allowlists.ts';
import { durationSeconds, optionalOption, requiredOption } from '../arguments.ts';
import type { Answer, Call } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { done } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { editOptions, noWords, UNGUARDED } from './edits.ts';
import { subjectOfCall, withLists } from './subject.ts';
import { listJson, refusalAnswer, stateOf } from './wording.ts';

export async function changeMode(call: Call, config: CliConfig, mode: AllowlistMode): Promise<Answer> {
  const subject = subjectOfCall(call);
  noWords(call);
  const options = editOptions(call, config);
  return withLists(config, async (lists) => {
    const result = await lists.setMode(subject, mode, options);
    if (!result.ok) return refusalAnswer(subject, result);
    const { changed, list } = result;
    const begins = changed && mode === 'enforce';
    const refuses = begins ? refusedFromNowOn(await lists.report(subject)) : [];
    const unguarded = begins && options.from === undefined ? [UNGUARDED] : [];
    const lines = [
      `${changed ? '' : 'Nothing has changed: '}${stateOf(subject, list, Date.now())}`,
      ...refuses,
      ...unguarded,
    ];
    return done({ ...listJson(subject, list), changed }, lines.join('\n'));
  });
}

export async function breakGlass(call: Call, config: CliConfig): Promise<Answer> {
  const subject = subjectOfCall(call);
  noWords(call);
  const end = call.values['end'] === true;
  if (end && (call.values['reason'] !== undefined || call.values['for'] !== undefined)) {
    throw new UsageError('--end takes neither --reason nor --for');
  }
  const seconds = durationSeconds(optionalOption(call, 'for') ?? '1h', 'for');
  const result = await withLists(config, async (lists) =>
    end
      ? lists.endOverride(subject, editOptions(call, config))
      : lists.override(subject, {
          author: requiredOption(call, 'author'),
          reason: requiredOption(call, 'reason'),
          until: Date.now() + seconds * 1000,
        }),
  );
  if (!result.ok) return refusalAnswer(subject, result);
  return done(glassJson(subject, result.list), stateOf(subject, result.list, Date.now()));
}

function glassJson(subject: string, list: Allowlist): object {
  return { ...listJson(subject, list), override: list.overrides?.at(-1) ?? null };
}

/** What the report says about enforcing, for people. */
function refusedFromNowOn({ lines }: AllowlistReport): readonly string[] {
  const refused = lines.filter(({ admitted }) => admitted !== 'all');
  const requests = refused.reduce((total, { count }) => total + count, 0);
  const networks = new Set(refused.map(({ network }) => network)).size;
  if (networks === 0) return [];
  return [
    `The report has ${requests} ${requests === 1 ? 'request' : 'requests'} from ${networks} ${networks === 1 ? 'network' : 'networks'} that no entry contains as a whole.`,
  ];
}
