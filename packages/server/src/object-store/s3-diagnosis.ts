import { nameOf } from './s3-fault.ts';

export interface Diagnosed {
  readonly bucket: string;
  readonly region: string;
  /** null: Amazon's. */
  readonly endpoint: string | null;
}

/** For the operator: why the bucket can't be used, and what mends it. Undefined for what isn't known. */
export function diagnose(error: unknown, { bucket, region, endpoint }: Diagnosed): string | undefined {
  const at = endpoint ?? `Amazon S3 in ${region}`;
  switch (nameOf(error)) {
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'InvalidToken':
      return `${at} refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own`;
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return 'The credentials have expired: run aws sso login, or set AWS_SESSION_TOKEN and its key anew';
    case 'CredentialsProviderError':
      return 'There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role';
    case 'NoSuchBucket':
    case 'NotFound':
      return `There is no bucket ${bucket} at ${at}: make it by npm run provision`;
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `The bucket ${bucket} is not in ${region}: set AWS_REGION to ${regionIn(error) ?? 'its region'}`;
    case 'RequestTimeTooSkewed':
      return "This machine's clock is wrong by more than a quarter of an hour: run timedatectl set-ntp true";
    case 'AccessDenied':
    case 'Forbidden':
      return `The credentials may not use the bucket ${bucket}: npm run provision -- --policies prints what they need`;
    case 'TimeoutError':
    case 'AbortError':
      return `${at} does not answer: check AWS_ENDPOINT_URL, and that nothing is in between`;
  }
  switch (systemCodeOf(error)) {
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNRESET':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${at} can't be reached (${systemCodeOf(error)}): check AWS_ENDPOINT_URL`;
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

const systemCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

/** Amazon says which region it should have been: in words, as an element of its error, or only in a header. */
const regionIn = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { Region, $response } = error as { Region?: string; $response?: { headers?: Record<string, string> } };
  return Region ?? $response?.headers?.['x-amz-bucket-region'] ?? /expecting '([a-z0-9-]+)'/.exec(error.message)?.[1];
};
