import type { User } from '../../core/directory.ts';
import { isAuthError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { addressBucket } from '../../network/address-bucket.ts';
import { counters } from '../../services/counters.ts';
import type { OpenedDeviceGrant } from '../../services/oauth-device-grants.ts';
import { DEVICE_GRANT } from './device-endpoint.ts';
import type { DeviceInteraction, DeviceRequest } from './interaction.ts';
import type { OAuthParts } from './parts.ts';
import { toViews } from './scopes.ts';
import { toApplicationView } from './views.ts';

/** The protocol behind the page on which users enter the code that their device shows (RFC 8628 section 3.3). */
export function deviceInteraction(
  parts: OAuthParts,
  findActiveUser: (userId: string) => Promise<User | null>,
): DeviceInteraction {
  const { addressOf, authentication, clock, config, consents, devices } = parts;
  const counts = counters(config.store, clock);
  const requests = new WeakMap<object, OpenedDeviceGrant>();

  function openedOf(request: DeviceRequest): OpenedDeviceGrant {
    const opened = requests.get(request);
    if (opened !== undefined) return opened;
    throw new TypeError('the request must be the one that device.lookup returned');
  }

  /** Counts an entry of a browser before it is looked at, so that no number of them at once gets past the limit. */
  async function secondsToWait(browser: string, address: string): Promise<number | null> {
    const entries = await counts.add(browser, MINUTE_MS);
    const failures = await counts.read(address);
    const ends = [
      ...(entries.count > MOST_PER_BROWSER ? [entries.endsAt] : []),
      ...(failures !== null && failures.count >= MOST_WRONG_PER_ADDRESS ? [failures.endsAt] : []),
    ];
    return ends.length === 0 ? null : Math.max(1, Math.ceil((Math.max(...ends) - clock.now()) / 1000));
  }

  /** Names the place that an entry comes from. */
  function addressKey(exchange: Exchange): string {
    const address = addressOf(exchange);
    return JSON.stringify(['oauth device address', address === null ? 'unknown' : addressBucket(address)]);
  }

  return {
    async lookup(exchange, { userCode, throttleKey, userId }) {
      const address = addressKey(exchange);
      const wait = await secondsToWait(JSON.stringify(['oauth device browser', throttleKey]), address);
      if (wait !== null) return { kind: 'wait', retryAfterSeconds: wait };
      const opened = await devices.open(userCode, userId);
      const client = opened === null ? null : await authentication.identify(opened.clientId);
      if (
        opened === null ||
        client === null ||
        isAuthError(client) ||
        !client.grants.includes(DEVICE_GRANT)
      ) {
        await counts.add(address, HOUR_MS);
        return { kind: 'not-valid' };
      }
      const request: DeviceRequest = {
        application: toApplicationView(client),
        scopes: toViews(opened.requestedScopes, config),
        userCode: opened.userCode,
      };
      requests.set(request, opened);
      return { kind: 'request', request };
    },

    async approve(request, userId, scopes) {
      const opened = openedOf(request);
      const user = await findActiveUser(userId);
      if (user === null) return { kind: 'sign-in' };
      const { id, clientId, requestedScopes } = opened;
      const granted = requestedScopes.filter((scope) => (scopes ?? requestedScopes).includes(scope));
      const consentId = await consents.grant(userId, clientId, granted);
      const isDone = await devices.decide(id, userId, { userId, scopes: granted, consentId });
      return { kind: isDone ? 'done' : 'not-valid' };
    },

    async deny(request, userId) {
      const isDone = await devices.decide(openedOf(request).id, userId, 'denied');
      return { kind: isDone ? 'done' : 'not-valid' };
    },
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Entries within a minute; the eleventh has to wait. */
const MOST_PER_BROWSER = 10;
/** Whoever throws cookies away to guess on is stopped by the address. */
const MOST_WRONG_PER_ADDRESS = 100;
