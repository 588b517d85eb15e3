import { ConfigError } from '../../core/errors.ts';
import { optional, parseOptions, text, type Reader } from '../../core/options.ts';

export interface WorkspacePolicyOptions {
  /** The column that names the workspace of a row; default `workspace`. It must be of a text type. */
  readonly column?: string | undefined;
  /** The setting of `workspaceTransactions`; default `app.workspace`. */
  readonly setting?: string | undefined;
  /** The role that sees all workspaces, for `unscopedPool`; none by default. */
  readonly unscopedRole?: string | undefined;
}

/**
 * Writes the SQL that shows a table's rows to transactions of their own workspace only, and lets no row be written for
 * another one. Without a workspace no row is there at all. Run it once, as the table's owner.
 *
 * @param table The table, perhaps with its schema, as `schema.table`.
 * @throws {@link ConfigError} `option_invalid`, `option_unknown`.
 * @see PostgreSQL, "Row Security Policies"
 */
export function workspacePolicySql(table: string, options: WorkspacePolicyOptions = {}): string {
  const name = text(table, 'workspacePolicySql: the table').split('.').map(quoted).join('.');
  const { column, setting, unscopedRole } = parseOptions('workspacePolicySql', options, {
    column: optional(text, 'workspace'),
    setting: optional(readSetting, 'app.workspace'),
    unscopedRole: optional(text),
  });
  // Never set, it is NULL; after a transaction that had set it, it is empty. Neither may equal any workspace.
  const own = `${quoted(column)} = nullif(current_setting('${setting}', true), '')`;
  return [
    `ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;`,
    `ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;`,
    `CREATE POLICY workspace_scope ON ${name} USING (${own}) WITH CHECK (${own});`,
    ...(unscopedRole === undefined
      ? []
      : [`CREATE POLICY workspace_unscoped ON ${name} TO ${quoted(unscopedRole)} USING (true);`]),
  ].join('\n');
}

/** Reads the name of a custom setting: never one of PostgreSQL's own, which have no dot. */
export const readSetting: Reader<string> = (value, path) => {
  if (typeof value === 'string' && SETTING.test(value)) return value;
  throw new ConfigError(
    'option_invalid',
    `${path} must have the form "prefix.name", such as "app.workspace".`,
  );
};

const SETTING = /^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$/;

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
