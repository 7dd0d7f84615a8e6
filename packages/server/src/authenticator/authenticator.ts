import type { Principal } from '../domain/access/principal.ts';

/** Every value of a request's header, by its name in lower case: one that came twice has two. */
export type HeaderValues = (name: Lowercase<string>) => readonly string[];

/** Tells who calls from the credential that a request carries. Errors: `unauthenticated`. */
export interface Authenticator {
  authenticate(headers: HeaderValues): Promise<Principal>;
}
