/** A column that is never null. */
export function textOf(value: string | null | undefined): string {
  return value as string;
}

/** A column of whole numbers, none of them beyond what a number of JavaScript holds. */
export function integerOf(value: string | null | undefined): number {
  return Number(value);
}

export function nullableInteger(value: string | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}
