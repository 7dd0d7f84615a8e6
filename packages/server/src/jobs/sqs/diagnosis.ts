import { diagnoseConnection, misSigned, refusedBy, WRONG_CLOCK } from '../../aws/diagnosis.ts';
import { nameOf } from './sqs-fault.ts';

export interface Diagnosed {
  readonly url: string;
  readonly region: string;
  /** null: the host of the queue's URL. */
  readonly endpoint: string | null;
}

/** The queue's name, for messages. */
export const queueNameOf = (url: string): string => decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');

/** A message for the operator: why the queue can't be used, and how to repair it. Undefined for unknown errors. */
export function diagnose(error: unknown, { url, region, endpoint }: Diagnosed): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const at = endpoint ?? new URL(url).origin;
  const setting = endpoint === null ? 'SQS_QUEUE_URL' : 'AWS_ENDPOINT_URL_SQS';
  const name = queueNameOf(url);
  switch (nameOf(error)) {
    case 'InvalidSignatureException':
    case 'SignatureDoesNotMatch':
      return misSigned(error, { at, region });
    case 'InvalidClientTokenId':
    case 'UnrecognizedClientException':
    case 'IncompleteSignatureException':
    case 'IncompleteSignature':
    case 'MissingAuthenticationToken':
    case 'MissingAuthenticationTokenException':
    case 'InvalidSecurity':
      return refusedBy(at);
    case 'QueueDoesNotExist':
    case 'NonExistentQueue':
    case 'QueueDeletedRecently':
      return `There is no queue ${name} at ${at}: make it by npm run admin -- provision, or set SQS_QUEUE_URL to the one that there is`;
    case 'InvalidAddress':
      return `${url} is no queue of ${at}: set SQS_QUEUE_URL to what npm run admin -- provision prints`;
    case 'RequestExpired':
      return WRONG_CLOCK;
    case 'AccessDenied':
    case 'AccessDeniedException':
    case 'KmsAccessDenied':
      return `The credentials may not use the queue ${name}: npm run admin -- provision --policies prints what they need`;
    case 'SyntaxError': // the answer isn't JSON
      return `${at} is not SQS: set ${setting} to where it is`;
    default:
      return diagnoseConnection(error, { at, setting });
  }
}
