/** How people sign in to the gallery: at an issuer, by OpenID Connect. */
export interface SignIn {
  readonly issuer: string;
  readonly clientId: string;
  /** As in the authorization request: separated by spaces. */
  readonly scopes: string;
  /** The API that access tokens must be for (RFC 8707); null: the issuer knows it without a parameter. */
  readonly resource: string | null;
  /**
   * The origins that the page calls: the issuer's, and those that its configuration names. Answers also while the
   * issuer is away.
   */
  origins(): Promise<readonly string[]>;
}
