import type { RevocableToken, Revocation } from '../../domain/access/revocation.ts';

/**
 * Revocations of view tokens. Sweeping forgets those past their `forgetAt`. A resolved write survives a power cut.
 * Errors: those of `ImageRepository`.
 */
export interface RevocationRepository {
  /**
   * Stores a revocation. One of the same tokens gets a `notBefore` that is at least a millisecond later than before,
   * even if the clock of this process is behind: it then also ends a token that was minted just after the former one.
   * Returns the stored revocation.
   */
  add(revocation: Revocation): Promise<Revocation>;

  /**
   * Those of the token, as of the last resolved write: of all tokens of its user, of its id for its user, and of its
   * id for any user. Its cost doesn't depend on the number of revocations.
   */
  of(token: Pick<RevocableToken, 'id' | 'userId'>): Promise<readonly Revocation[]>;

  /** The revocation of all tokens of the user, as of the last resolved write; undefined: there is none. */
  ofUser(userId: string): Promise<Revocation | undefined>;
}
