/** One statement for `query`, in the form that `pg` takes. */
export interface PostgresStatement {
  readonly text: string;
  readonly values: unknown[];
  /** Under which the connection keeps the statement prepared. */
  readonly name?: string;
  /** How values of the answer are read; without it the host's own settings of `pg` would decide. */
  readonly types: { getTypeParser(): (text: string) => unknown };
}

/** The parts of a `pg` client that are used; it is typed structurally, so that the host's own version fits. */
export interface PostgresClient {
  query(statement: PostgresStatement): Promise<{ readonly rows: readonly unknown[] }>;
  /** Puts the client back into the pool; with an error, or `true`, the connection is closed instead. */
  release(broken?: Error | boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end' | 'notification', listener: () => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'end' | 'notification', listener: () => void): unknown;
  /** Lets the process end although the connection is open. */
  unref?(): void;
}

/** A `pg` pool, or something like it. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A value of a statement; PostgreSQL learns the type from the statement. */
export type SqlValue = string | number | boolean | null | readonly (string | number)[];

/** A row of an answer, each value in PostgreSQL's own text. */
export type SqlRow = Readonly<Record<string, string | null>>;
