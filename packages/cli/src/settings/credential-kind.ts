/** A request's credential, if it has one. */
export interface Credential {
  readonly token: string | undefined;
}

/** The parts of a credential that are no secret tell its kind (docs/authentication.md). */
export function kindOf({ token }: Credential): string {
  if (token === undefined) return 'none';
  const key = /^safelight_([0-9A-Za-z]{16})_/.exec(token);
  if (key) return `API key ${key[1]}`;
  if (token.startsWith('slu_')) return 'upload token';
  if (token.startsWith('slv_')) return 'view token';
  return token.split('.').length >= 3 ? 'token of an issuer' : 'neither an API key nor a token';
}
