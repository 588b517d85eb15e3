/**
 * Who somebody is at a provider. Issuer and subject together are the identity: an e-mail address is none, since it can be
 * given to somebody else.
 */
export interface SocialIdentity {
  /** The provider, as in the paths of the API: `google` or `facebook`. */
  readonly provider: string;
  /** Who says so, as an address: the `iss` of the provider's ID tokens (OpenID Connect Core section 5.7). */
  readonly issuer: string;
  /** The provider's own identifier of the person; never given to another one. */
  readonly subject: string;
  /** The address that the provider names; `null` when it names none. */
  readonly email: string | null;
  /**
   * Whether the provider says, as the JSON value `true`, that it has verified the address. Facebook never does.
   */
  readonly emailVerified: boolean;
  /** As the person wrote it: nothing below is verified. */
  readonly name: string | null;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly pictureUrl: string | null;
  /** The domain of a Google Workspace account, which Google vouches for; `null` for any other account. */
  readonly hostedDomain: string | null;
}

/** A text of a provider's answer that can be shown and compared; `null` for anything else. */
export function textOf(value: unknown, most: number = 200): string | null {
  return typeof value === 'string' && value !== '' && value.length <= most && !CONTROL.test(value)
    ? value
    : null;
}

/** An e-mail address in ASCII with one `@`. Look-alikes of the `@` would name another domain once they are normalised. */
export function emailOf(value: unknown): string | null {
  const text = textOf(value, 254);
  return text !== null && EMAIL.test(text) ? text : null;
}

/** An https address; anything else could run a script where it is shown. */
export function pictureOf(value: unknown): string | null {
  const text = textOf(value, 2048);
  return text !== null && URL.canParse(text) && new URL(text).protocol === 'https:' ? text : null;
}

// oxlint-disable-next-line no-control-regex -- these are what must not get through
const CONTROL = /[\u0000-\u001F\u007F-\u009F]/;
const EMAIL = /^[\x21-\x3F\x41-\x7E]+@[\x21-\x3F\x41-\x7E]+$/;
