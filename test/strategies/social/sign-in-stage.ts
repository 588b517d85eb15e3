import { isAuthError } from '../../../src/core/errors.ts';
import { readCallback } from '../../../src/providers/callback.ts';
import type { ProviderFetch } from '../../../src/providers/transport.ts';
import type { BegunSignIn, FinishedSignIn, SocialSignIn } from '../../../src/services/social/contract.ts';
import { exchangeWith } from '../../support/fake-exchange.ts';

/** Begins a sign-in and gives the address that the browser is sent to, with the cookie that goes along. */
export async function begin(
  signIn: SocialSignIn,
  hints: Readonly<Record<string, unknown>> = {},
): Promise<{ readonly url: URL; readonly cookie: string }> {
  const begun = (await signIn.begin(exchangeWith(), {
    purpose: 'test',
    redirectUri: signIn.callbackUrl,
    data: null,
    hints,
  })) as BegunSignIn;
  return { url: new URL(begun.authorizationUrl), cookie: begun.cookie[1].split(';', 1)[0] as string };
}

/** The whole way to a provider, whose consent is given, and back. */
export async function goThere(
  signIn: SocialSignIn,
  consent: (authorizationUrl: string) => string,
): Promise<FinishedSignIn> {
  const { url, cookie } = await begin(signIn);
  const { search } = new URL(consent(url.href));
  return signIn.finish(exchangeWith({ cookie }), readCallback(search), {
    purpose: 'test',
    redirectUri: signIn.callbackUrl,
  });
}

/** The parameters of an address, those that are drawn at random told by their length. */
export function parametersOf({ searchParams }: URL): Readonly<Record<string, string>> {
  const drawn = new Set(['state', 'nonce', 'code_challenge']);
  return Object.fromEntries(
    [...searchParams].map(([name, value]) => [name, drawn.has(name) ? `${value.length} characters` : value]),
  );
}

/** A provider that gives the same answer to everything, and notes where it was asked. */
export function answering(
  status: number,
  body: unknown,
): { readonly fetch: ProviderFetch; readonly asked: string[] } {
  const asked: string[] = [];
  const fetch: ProviderFetch = (url) => {
    asked.push(url);
    const { headers, body: stream } = Response.json(body, { status });
    return Promise.resolve({ status, headers, body: stream });
  };
  return { fetch, asked };
}

/** What came of asking who a code stands for: the subject, or the code of the refusal. */
export async function whoseCode(signIn: SocialSignIn): Promise<string> {
  const found = await signIn.identifyCode('a-code', signIn.callbackUrl);
  return isAuthError(found) ? found.code : found.subject;
}
