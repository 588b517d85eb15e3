/** The kind of the records that count, which are written far more often than others and may be lost without harm. */
export const COUNTER_KIND = 'counter';
