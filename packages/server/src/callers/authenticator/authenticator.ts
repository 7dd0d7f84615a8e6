import type { Principal } from '../../domain/access/principal.ts';

/** Every value of a request's header, by its name in lower case: one that came twice has two. */
export type HeaderValues = (name: Lowercase<string>) => readonly string[];

/** Called before a read of a record that an invalid credential may name too. It throws to prevent the read. */
export type BeforeGuess = () => void;

/** Tells who calls from the credential that a request carries. Errors: `unauthenticated`, those of `beforeGuess`. */
export interface Authenticator {
  authenticate(headers: HeaderValues, beforeGuess: BeforeGuess): Promise<Principal>;
}
