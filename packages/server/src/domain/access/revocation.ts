/** The view tokens that a revocation ends. */
export type RevokedTokens =
  /** null: all tokens of the user that were issued until `notBefore`; otherwise this one, if it is the user's. */
  | { readonly userId: string; readonly tokenId: string | null }
  /** The token with this id, whichever user it is for. */
  | { readonly userId: null; readonly tokenId: string };

/** Ends view tokens before they expire. */
export type Revocation = RevokedTokens & {
  /** A new token of the user works if it is issued later. */
  readonly notBefore: Date;
  /** When every token that it ends has expired, also by a clock that is slow. */
  readonly forgetAt: Date;
};

/** The fields of a view token that revocations are about. */
export interface RevocableToken {
  readonly id: string;
  readonly userId: string;
  readonly issuedAt: Date;
}

/** Processes whose clocks differ by less agree on which tokens were issued before a revocation. */
export const CLOCK_ALLOWANCE_MS = 2_000;

/** The longest token lives a day; the second day is for clocks. */
const REVOCATION_KEPT_MS = 2 * 86_400_000;

/** A revocation of `now`. */
export function revocationOf(tokens: RevokedTokens, now: Date): Revocation {
  const notBefore = new Date(now.getTime() + CLOCK_ALLOWANCE_MS);
  return { ...tokens, notBefore, forgetAt: new Date(notBefore.getTime() + REVOCATION_KEPT_MS) };
}

/** Whether one of the revocations ends the token. */
export const isRevoked = (token: RevocableToken, revocations: readonly Revocation[]): boolean =>
  revocations.some(
    ({ userId, tokenId, notBefore }) =>
      (userId === null || userId === token.userId) &&
      (tokenId === null ? token.issuedAt <= notBefore : tokenId === token.id),
  );

/** When a token that is minted at `now` is issued: later than the revocation of all its user's tokens. */
export const issuedAfter = (revocation: Revocation | undefined, now: Date): Date =>
  new Date(Math.max(now.getTime(), (revocation?.notBefore.getTime() ?? 0) + 1));
