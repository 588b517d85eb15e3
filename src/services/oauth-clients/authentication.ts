import type { Clock } from '../../core/clock.ts';
import { authError, type AuthError } from '../../core/errors.ts';
import type { RecordStore } from '../../core/store.ts';
import {
  CLIENT_KIND,
  clientDocumentOf,
  toClient,
  type ClientDocument,
  type OAuthClient,
} from './document.ts';
import { compareWithNobody, hasSecret } from './secrets.ts';

/** Says whether an application is who it says it is. */
export interface OAuthClientAuthentication {
  /**
   * Authenticates an application. A secret that is presented for one that has none is ignored.
   *
   * @param secret `undefined` when the request brings none.
   * @returns `client_unknown`, `client_secret_missing`, `client_secret_invalid` or `client_disabled`, of which the caller
   *   learns only that it is refused.
   */
  authenticate(clientId: string, secret: string | undefined): Promise<OAuthClient | AuthError>;
  /** Finds an application that only names itself. @returns `client_unknown` or `client_disabled`. */
  identify(clientId: string): Promise<OAuthClient | AuthError>;
}

export function clientAuthentication(store: RecordStore, clock: Clock): OAuthClientAuthentication {
  return {
    async authenticate(clientId, secret) {
      const record = await store.get(CLIENT_KIND, clientId);
      if (record === null) {
        compareWithNobody(secret ?? '');
        return authError('client_unknown');
      }
      const document = clientDocumentOf(record);
      if (document.type === 'confidential') {
        if (secret === undefined) return authError('client_secret_missing');
        if (!hasSecret(document, secret, clock.now())) return authError('client_secret_invalid');
      }
      return judge(clientId, document);
    },

    async identify(clientId) {
      const record = await store.get(CLIENT_KIND, clientId);
      return record === null ? authError('client_unknown') : judge(clientId, clientDocumentOf(record));
    },
  };
}

function judge(clientId: string, document: ClientDocument): OAuthClient | AuthError {
  return document.disabledAt === null ? toClient(clientId, document) : authError('client_disabled');
}
