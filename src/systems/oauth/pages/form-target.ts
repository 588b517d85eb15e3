/**
 * The source of a Content-Security-Policy that lets a form end at this redirect URI: its origin, or its scheme where a
 * policy knows nothing finer, which is so for addresses of IPv6 and for schemes of an application's own
 * (CSP 3 section 2.3.1).
 */
export function formTargetOf(redirectUri: string): string {
  const { protocol, host, hostname } = new URL(redirectUri);
  const isWeb = protocol === 'https:' || protocol === 'http:';
  return isWeb && !hostname.startsWith('[') ? `${protocol}//${host}` : protocol;
}
