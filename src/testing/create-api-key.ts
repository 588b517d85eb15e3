import type { PartialOrUndefined } from '../core/options.ts';
import type { ApiKeyAdministration } from '../services/api-keys/contract.ts';
import type { NewApiKey } from '../services/api-keys/new-key.ts';

/**
 * Makes an API key in a service, for a test's requests.
 *
 * @param keys The service `apiKeys({ … })` that the application under test uses.
 * @param key What differs from a key named `test` of the workspace `ws-1`.
 * @returns The whole key.
 */
export async function createApiKey(
  keys: Pick<ApiKeyAdministration, 'create'>,
  key: PartialOrUndefined<NewApiKey> = {},
): Promise<string> {
  const { workspace = 'ws-1', name = 'test', ...rest } = key;
  const issued = await keys.create({ workspace, name, ...rest });
  return issued.key;
}
