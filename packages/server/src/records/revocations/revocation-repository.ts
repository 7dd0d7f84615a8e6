import type { RevocableToken, Revocation } from '../../domain/access/revocation.ts';

/**
 * Revocations of view tokens. Sweeping forgets those past their `forgetAt`. A resolved write survives a power cut.
 * Errors: those of `ImageRepository`.
 */
export interface RevocationRepository {
  /** Adds a revocation, or replaces an earlier one of the same tokens; false if that one isn't earlier, and stays. */
  add(revocation: Revocation): Promise<boolean>;

  /**
   * Those of the token, as of the last resolved write: of all tokens of its user, of its id for its user, and of its
   * id for any user. Its cost doesn't depend on the number of revocations.
   */
  of(token: Pick<RevocableToken, 'id' | 'userId'>): Promise<readonly Revocation[]>;

  /** The revocation of all tokens of the user, as of the last resolved write; undefined: there is none. */
  ofUser(userId: string): Promise<Revocation | undefined>;
}
