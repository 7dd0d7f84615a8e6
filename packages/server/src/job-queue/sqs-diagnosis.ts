import { nameOf } from './sqs-fault.ts';

export interface Diagnosed {
  readonly url: string;
  readonly region: string;
  /** null: where the queue's URL says. */
  readonly endpoint: string | null;
}

/** The queue's name, for sentences. */
export const queueNameOf = (url: string): string => decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');

/** For the operator: why the queue can't be used, and what mends it. Undefined for what isn't known. */
export function diagnose(error: unknown, { url, region, endpoint }: Diagnosed): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const at = endpoint ?? new URL(url).origin;
  const name = queueNameOf(url);
  switch (nameOf(error)) {
    case 'InvalidSignatureException':
    case 'SignatureDoesNotMatch':
      return misSigned(error.message, at, region);
    case 'InvalidClientTokenId':
    case 'UnrecognizedClientException':
    case 'IncompleteSignatureException':
    case 'IncompleteSignature':
    case 'MissingAuthenticationToken':
    case 'MissingAuthenticationTokenException':
    case 'InvalidSecurity':
      return refusedBy(at);
    case 'ExpiredToken':
    case 'ExpiredTokenException':
    case 'TokenRefreshRequired':
      return 'The credentials have expired: run aws sso login, or set AWS_SESSION_TOKEN and its key anew';
    case 'CredentialsProviderError':
      return 'There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the machine a role';
    case 'QueueDoesNotExist':
    case 'NonExistentQueue':
    case 'QueueDeletedRecently':
      return `There is no queue ${name} at ${at}: make it by npm run provision, or set SQS_QUEUE_URL to the one that there is`;
    case 'InvalidAddress':
      return `${url} is no queue of ${at}: set SQS_QUEUE_URL to what npm run provision prints`;
    case 'RequestExpired':
      return WRONG_CLOCK;
    case 'AccessDenied':
    case 'AccessDeniedException':
    case 'KmsAccessDenied':
      return `The credentials may not use the queue ${name}: npm run provision -- --policies prints what they need`;
    case 'TimeoutError':
    case 'AbortError':
      return `${at} does not answer: check ${endpoint === null ? 'SQS_QUEUE_URL' : 'AWS_ENDPOINT_URL_SQS'}, and that nothing is in between`;
    case 'SyntaxError': // what came isn't JSON
      return `${at} is not SQS: set ${endpoint === null ? 'SQS_QUEUE_URL' : 'AWS_ENDPOINT_URL_SQS'} to where it is`;
  }
  const code = 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ECONNRESET':
      return `${at} can't be reached (${code}): check ${endpoint === null ? 'SQS_QUEUE_URL' : 'AWS_ENDPOINT_URL_SQS'}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `${at} has a certificate of a CA that isn't trusted: set AWS_CA_BUNDLE to that CA's certificates`;
    case 'EPROTO':
      return `${at} doesn't speak TLS: set ${endpoint === null ? 'SQS_QUEUE_URL' : 'AWS_ENDPOINT_URL_SQS'} to its http address, or give it a certificate`;
    default:
      return undefined;
  }
}

const WRONG_CLOCK = "This machine's clock is wrong by more than a quarter of an hour: run timedatectl set-ntp true";

const refusedBy = (at: string): string =>
  `${at} refuses the credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of its own`;

/** One error stands for a wrong secret, a wrong region and a wrong clock: which, only its words say. */
function misSigned(message: string, at: string, region: string): string {
  if (/^Signature (expired|not yet current)/.test(message)) return WRONG_CLOCK;
  if (!/scoped to a valid region/.test(message)) return refusedBy(at);
  const [, expected] = /expecting '([a-z0-9-]+)'/.exec(message) ?? [];
  return `${at} is not in ${region}: set AWS_REGION to ${expected ?? "the queue's region"}`;
}
