/** Why an edit was not made. Nothing of it has been applied. */
export interface EditRefusal {
  readonly ok: false;
  readonly code: EditRefusalCode;
  /** One sentence for whoever asked for the edit, with the number of the line when there were several. */
  readonly problem: string;
  /** Which of several entries it is about, counted from 1. */
  readonly line?: number;
}

export type EditRefusalCode =
  | 'network_invalid'
  | 'label_invalid'
  | 'author_invalid'
  | 'expiry_invalid'
  | 'entry_invalid'
  /** There was nothing to add. */
  | 'entries_missing'
  /** No entry has this id or network. */
  | 'entry_unknown'
  | 'list_full';

export function refused(code: EditRefusalCode, problem: string): EditRefusal {
  return { ok: false, code, problem };
}

/** The refusal of one entry of several. */
export function refusedAtLine({ code, problem }: EditRefusal, line: number): EditRefusal {
  return { ok: false, code, problem: `Line ${line}: ${problem}`, line };
}
