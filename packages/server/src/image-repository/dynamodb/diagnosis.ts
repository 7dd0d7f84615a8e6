import { AppError } from '../../domain/errors.ts';

export interface Diagnosed {
  readonly table: string;
  readonly region: string;
  /** null: Amazon's. */
  readonly endpoint: string | null;
}

/** Where the table is, in words. */
export const addressOf = ({ region, endpoint }: Pick<Diagnosed, 'region' | 'endpoint'>): string =>
  endpoint ?? `Amazon DynamoDB in ${region}`;

/** For the operator: why the table can't be used, and what mends it. Undefined for what isn't known. */
export function diagnose(error: unknown, { table, region, endpoint }: Diagnosed): string | undefined {
  const first = error instanceof AppError ? error.cause : error;
  if (!(first instanceof Error)) return undefined;
  const at = addressOf({ region, endpoint });
  switch (first.name) {
    case 'InvalidSignatureException':
      return misSigned(first.message, at);
    case 'UnrecognizedClientException':
    case 'IncompleteSignatureException':
    case 'MissingAuthenticationTokenException':
    case 'InvalidClientTokenId':
      return refusedBy(at);
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return 'The credentials have expired: run aws sso login, or set AWS_SESSION_TOKEN and its key anew';
    case 'CredentialsProviderError':
      return 'There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role';
    case 'ResourceNotFoundException':
    case 'TableNotFoundException':
      return `There is no table ${table} at ${at}: make it by npm run provision`;
    case 'AccessDeniedException':
      return `The credentials may not use the table ${table}: npm run provision -- --policies prints what they need`;
    case 'TimeoutError':
    case 'AbortError':
      return `${at} does not answer: check AWS_ENDPOINT_URL, and that nothing is in between`;
    case 'SyntaxError': // what came isn't JSON
      return `${at} is not DynamoDB: set AWS_ENDPOINT_URL_DYNAMODB to where it is`;
  }
  const code = 'code' in first ? first.code : undefined;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNRESET':
      return `${at} can't be reached (${code}): check ${endpoint === null ? 'AWS_REGION' : 'AWS_ENDPOINT_URL'}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `${at} has a certificate of a CA that isn't trusted: set AWS_CA_BUNDLE to that CA's certificates`;
    case 'EPROTO':
      return `${at} doesn't speak TLS: set AWS_ENDPOINT_URL to its http address, or give it a certificate`;
    default:
      return undefined;
  }
}

const refusedBy = (at: string): string =>
  `${at} refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own`;

/** One error stands for a wrong secret, a wrong region and a wrong clock: which, only its words say. */
function misSigned(message: string, at: string): string {
  if (/^Signature (expired|not yet current)/.test(message)) {
    return "This machine's clock is wrong by more than a quarter of an hour: run timedatectl set-ntp true";
  }
  if (!/scoped to a valid region/.test(message)) return refusedBy(at);
  const [, expected] = /expecting '([a-z0-9-]+)'/.exec(message) ?? [];
  return `${at} is of another region: set AWS_REGION to ${expected ?? "the table's"}`;
}
