export { createApiKey } from './create-api-key.ts';
export { fakeDirectory, type FakeDirectory, type FakeUser } from './fake-directory.ts';
export type { ConsentOptions } from './authorization-desk.ts';
export type { ProviderFault } from './faults.ts';
export {
  startFacebook,
  type FacebookAccount,
  type LoopbackFacebook,
  type LoopbackFacebookOptions,
} from './facebook.ts';
export { startGoogle, type LoopbackGoogle, type LoopbackGoogleOptions } from './google.ts';
export type { GoogleAccount } from './google-accounts.ts';
export type { Forgery } from './google-tokens.ts';
export type { LoopbackServer, ReceivedRequest } from './loopback-server.ts';
export { mintToken, type MintOptions } from './mint-token.ts';
