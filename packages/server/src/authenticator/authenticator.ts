import type { Principal } from '../domain/principal.ts';

/** Tells who calls from what the request carries; a caller that may not call at all is an AppError. */
export interface Authenticator {
  authenticate(headers: Headers): Promise<Principal> | Principal;
}
