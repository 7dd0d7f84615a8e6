export interface Reached {
  /** A noun for the server, used in sentences. */
  readonly at: string;
  /** The variable with its address. */
  readonly setting: string;
}

export const WRONG_CLOCK =
  "This machine's clock is wrong by more than a quarter of an hour: run timedatectl set-ntp true";

export const refusedBy = (at: string): string =>
  `${at} refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own`;

/** For the operator: the fault of credentials or connection, for any AWS service. Undefined for other errors. */
export function diagnoseConnection(error: Error, { at, setting }: Reached): string | undefined {
  switch (error.name) {
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return 'The credentials have expired: run aws sso login, or set AWS_SESSION_TOKEN and its key anew';
    case 'CredentialsProviderError':
      return 'There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role';
    case 'TimeoutError':
    case 'AbortError':
      return `${at} does not answer: check ${setting}, and that nothing is in between`;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  switch (code) {
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNRESET':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${at} can't be reached (${code}): check ${setting}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `${at} has a certificate of a CA that isn't trusted: set AWS_CA_BUNDLE to that CA's certificates`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `${at} has a certificate for another name: set ${setting} to a name that is in it`;
    case 'CERT_HAS_EXPIRED':
      return `${at} has a certificate that has expired: renew it there`;
    case 'HPE_INVALID_CONSTANT':
      return `${at} doesn't speak HTTP: check ${setting}, and whether its port needs https`;
    case 'EPROTO':
      return `${at} doesn't speak TLS: set ${setting} to its http address, or give it a certificate`;
    default:
      return undefined;
  }
}

/** One error code stands for a wrong secret, a wrong region and a wrong clock; only the message tells them apart. */
export function misSigned(
  { message }: Error,
  { at, region }: { readonly at: string; readonly region: string },
): string {
  if (/^Signature (expired|not yet current)/.test(message)) return WRONG_CLOCK;
  if (!/scoped to a valid region/.test(message)) return refusedBy(at);
  const [, expected] = /expecting '([a-z0-9-]+)'/.exec(message) ?? [];
  return `${at} is not in ${region}: set AWS_REGION to ${expected ?? 'its region'}`;
}
