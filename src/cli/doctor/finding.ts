/** What one check has found. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'wrong';
  /** What there is. It never holds a secret. */
  readonly detail: string;
  /** What to do about it; `null` for nothing. */
  readonly mend: string | null;
}

export function sound(check: string, detail: string): Finding {
  return { check, state: 'ok', detail, mend: null };
}

export function doubtful(check: string, detail: string, mend: string): Finding {
  return { check, state: 'warning', detail, mend };
}

export function wrongFinding(check: string, detail: string, mend: string): Finding {
  return { check, state: 'wrong', detail, mend };
}
