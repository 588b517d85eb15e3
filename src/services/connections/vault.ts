import type { Sealer } from '../../core/sealing.ts';
import type { ConnectionDocument } from './document.ts';
import type { ProviderTokens } from './provider.ts';

/** What a sealed pair of tokens is bound to: in another row it does not open. */
type Place = Pick<ConnectionDocument, 'workspace' | 'kind'>;

/** Seals the tokens of connections and opens them. */
export interface TokenVault {
  seal(id: string, place: Place, tokens: ProviderTokens): string;
  /** `null` when no key opens them in this place. */
  open(
    id: string,
    document: Place & Pick<ConnectionDocument, 'tokens'>,
  ): { readonly tokens: ProviderTokens; readonly resealDue: boolean } | null;
}

export function tokenVault(sealer: Sealer): TokenVault {
  return {
    seal(id, place, { accessToken, refreshToken }) {
      const plain = Buffer.from(JSON.stringify([accessToken, refreshToken]), 'utf8');
      const sealed = sealer.seal(plain, contextOf(id, place));
      plain.fill(0);
      return sealed;
    },
    open(id, document) {
      const opened = sealer.open(document.tokens, contextOf(id, document));
      if (opened === null) return null;
      const { plain, resealDue } = opened;
      const [accessToken, refreshToken] = JSON.parse(plain.toString('utf8')) as [string, string | null];
      plain.fill(0);
      return { tokens: { accessToken, refreshToken }, resealDue };
    },
  };
}

function contextOf(id: string, { workspace, kind }: Place): readonly string[] {
  return [workspace, id, kind];
}
