/** Why an edit was not made, or a question not answered. Nothing of it has been applied. */
export interface EditRefusal {
  readonly ok: false;
  readonly code: EditRefusalCode;
  /** One sentence for whoever asked for the edit, with the number of the line when there were several. */
  readonly problem: string;
  /** Which of several entries it is about, counted from 1. */
  readonly line?: number;
}

/** Which rule an edit or a question breaks, for programs; `problem` says it to people. */
export type EditRefusalCode =
  | 'network_invalid'
  | 'label_invalid'
  | 'author_invalid'
  | 'reason_invalid'
  | 'expiry_invalid'
  | 'entry_invalid'
  | 'address_invalid'
  /** There was nothing to add. */
  | 'entries_missing'
  /** No entry has this id or network. */
  | 'entry_unknown'
  | 'list_full'
  /** The list was never configured, or has been cleared. */
  | 'list_unconfigured'
  /** The list does not refuse anybody, so that there is nothing to override. */
  | 'not_enforcing'
  /** No override is in force. */
  | 'override_missing'
  /** Observing was asked for with an entry of a list that does not observe. */
  | 'mode_conflict'
  /** The list would refuse the address of whoever makes the edit, or everyone. */
  | 'lock_out'
  /** Proxies are trusted so broadly that a client could say which address it has. */
  | 'address_spoofable';

export function refused(code: EditRefusalCode, problem: string): EditRefusal {
  return { ok: false, code, problem };
}

/** The refusal of one entry of several. */
export function refusedAtLine({ code, problem }: EditRefusal, line: number): EditRefusal {
  return { ok: false, code, problem: `Line ${line}: ${problem}`, line };
}
