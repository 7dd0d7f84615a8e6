/** Where an issuer's public keys are. */
export type KeyPlace =
  /** At the URL that the issuer's configuration names. */
  | { readonly at: 'issuer'; readonly issuer: string }
  | { readonly at: 'url'; readonly url: string }
  | { readonly at: 'file'; readonly path: string };
