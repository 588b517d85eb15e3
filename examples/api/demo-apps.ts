import type { NewOAuthClient } from 'portcullis/oauth-clients';

// The OAuth applications of the demonstration. Nobody listens at their redirect URIs: the code is read off the address.

export const TEAM = 'reef';
export const OTHER_TEAM = 'dune';

const SCOPES = ['rest_api:read', 'rest_api:write'] as const;
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

/** It has a secret, every grant, and two teams. */
export const SYNC_APP = {
  clientId: 'research-sync',
  name: 'Research Sync',
  owner: 'Example Ltd',
  type: 'confidential',
  grants: ['authorization_code', 'refresh_token', 'client_credentials', DEVICE],
  scopes: SCOPES,
  redirectUris: ['http://127.0.0.1:8765/callback'],
  teams: [TEAM, OTHER_TEAM],
} as const satisfies NewOAuthClient;

/** It runs on its user's own device and can keep no secret; the port of its redirect URI is free. */
export const DESK_APP = {
  clientId: 'research-desk',
  name: 'Research Desk',
  owner: 'Example Ltd',
  type: 'public',
  grants: ['authorization_code', 'refresh_token', DEVICE],
  scopes: SCOPES,
  redirectUris: ['http://127.0.0.1/callback'],
} as const satisfies NewOAuthClient;

/** What it does it does as a service account of a team. */
export const MIRROR_APP = {
  clientId: 'research-mirror',
  name: 'Research Mirror',
  owner: 'Example Ltd',
  type: 'confidential',
  grants: ['authorization_code', 'refresh_token'],
  scopes: SCOPES,
  redirectUris: ['http://127.0.0.1:8765/callback'],
  serviceAccount: true,
} as const satisfies NewOAuthClient;

export const APPS = [SYNC_APP, DESK_APP, MIRROR_APP] as const;
