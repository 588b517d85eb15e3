import type { AllowlistReport, AllowlistReportLine } from '../../services/allowlists.ts';
import { optionalOption, wholeNumber } from '../arguments.ts';
import type { Answer, Call } from '../command.ts';
import type { CliConfig } from '../config.ts';
import { done, moment, table } from '../output.ts';
import { moreText } from '../paging.ts';
import { noWords } from './edits.ts';
import { limitOf } from './show.ts';
import { optionsOf, subjectOfCall, withLists } from './subject.ts';

const COLUMNS = ['REQUESTS', 'NETWORK', 'ROUTE', 'FIRST', 'LAST', 'ON THE LIST'];
const ON_THE_LIST = { all: 'yes', part: 'in part', none: 'no' } as const;

export async function showReport(call: Call, config: CliConfig): Promise<Answer> {
  const subject = subjectOfCall(call);
  noWords(call);
  const limit = limitOf(call);
  const after = optionalOption(call, 'after');
  const start = after === undefined ? 0 : wholeNumber(after, 'after');
  const report = await withLists(config, (lists) => lists.report(subject));
  const lines = report.lines.slice(start, start + limit);
  const next = start + limit < report.lines.length ? start + limit : null;
  return done({ ...report, lines, next }, textOf(report, lines, next === null ? null : String(next)));
}

function textOf(report: AllowlistReport, lines: readonly AllowlistReportLine[], next: string | null): string {
  const { list, mode, since, others } = report;
  if (since === null) {
    return `${list} has never observed; begin with: portcullis allowlist observe ${optionsOf(list)}`;
  }
  const rows = lines.map(({ count, network, route, firstAt, lastAt, admitted }) => [
    String(count),
    network ?? 'unknown',
    route,
    moment(firstAt),
    moment(lastAt),
    ON_THE_LIST[admitted],
  ]);
  const head = `What ${list} would have refused since ${moment(since)}${mode === 'observe' ? '' : ', while it observed or was overridden'}:`;
  const besides = others === null ? '' : `\n\nBesides: ${others.count} from further networks and routes.`;
  return `${head}\n\n${table(COLUMNS, rows, 'Nothing so far.')}${besides}${moreText(next)}`;
}
