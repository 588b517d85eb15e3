import type { Connections } from './contract.ts';
import type { ConnectionRecord } from './document.ts';

/** All connections of a workspace; there are a few. */
export async function allConnections(
  connections: Connections,
  workspace: string,
): Promise<readonly ConnectionRecord[]> {
  const all: ConnectionRecord[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await connections.list(workspace, { after });
    all.push(...items);
    after = next ?? undefined;
  } while (after !== undefined);
  return all;
}
