import type { Authenticator } from './authenticator.ts';

/** Nobody proves anything: a caller is the user that its request names. */
export const createOpenAuthenticator = (): Authenticator => ({
  authenticate: async () => ({ kind: 'open' }),
});
