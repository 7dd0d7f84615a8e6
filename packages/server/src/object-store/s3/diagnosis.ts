import { diagnoseConnection, refusedBy, WRONG_CLOCK } from '../../aws/diagnosis.ts';
import { nameOf } from './s3-fault.ts';

export interface Diagnosed {
  readonly bucket: string;
  readonly region: string;
  /** null: Amazon's. */
  readonly endpoint: string | null;
}

/** For the operator: why the bucket can't be used, and the remedy. Undefined for unknown errors. */
export function diagnose(error: unknown, { bucket, region, endpoint }: Diagnosed): string | undefined {
  const at = endpoint ?? `Amazon S3 in ${region}`;
  const setting = endpoint === null ? 'AWS_REGION' : 'AWS_ENDPOINT_URL_S3';
  const page = pageIn(error);
  if (page !== undefined)
    return `${at} is not S3, which answers XML (got ${page}): set ${setting} to the store's own address`;
  if (isKeyRefused(error)) return refusedBy(at);
  switch (nameOf(error)) {
    case 'NoSuchBucket':
    case 'NotFound':
      return `There is no bucket ${bucket} at ${at}: make it by npm run admin -- provision`;
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `The bucket ${bucket} is not in ${region}: set AWS_REGION to ${regionIn(error) ?? 'its region'}`;
    case 'RequestTimeTooSkewed':
      return WRONG_CLOCK;
    case 'AccessDenied':
    case 'Forbidden':
      return `The credentials may not use the bucket ${bucket}: npm run admin -- provision --policies prints what they need`;
    default:
      return error instanceof Error ? diagnoseConnection(error, { at, setting }) : undefined;
  }
}

/** Garage also answers AccessDenied for an unknown key and a wrong secret; only the message tells them apart. */
export const isKeyRefused = (error: unknown): boolean =>
  error instanceof Error &&
  (['InvalidAccessKeyId', 'SignatureDoesNotMatch', 'InvalidToken'].includes(nameOf(error)) ||
    (nameOf(error) === 'AccessDenied' && /\b(Invalid signature|No such key)\b/.test(error.message)));

/** The status and type of an answer that no S3 gives, such as a proxy's page. */
const pageIn = (error: unknown): string | undefined => {
  const { statusCode, headers } = responseOf(error) ?? {};
  const [type = ''] = headers?.['content-type']?.split(';') ?? [];
  return /html|json|text\/plain/i.test(type) ? `status ${statusCode} with ${type}` : undefined;
};

interface Answer {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The SDK's hidden field. */
const responseOf = (error: unknown): Answer | undefined =>
  error instanceof Error ? (error as { readonly $response?: Answer }).$response : undefined;

/** Amazon names the right region in the message, in an element of the error, or only in a header. */
const regionIn = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  const { Region } = error as { Region?: string };
  return (
    Region ?? responseOf(error)?.headers?.['x-amz-bucket-region'] ?? /expecting '([a-z0-9-]+)'/.exec(error.message)?.[1]
  );
};
