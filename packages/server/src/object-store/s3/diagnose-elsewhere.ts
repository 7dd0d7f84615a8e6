import { diagnoseConnection } from '../../aws/diagnosis.ts';
import { type Diagnosed, isKeyRefused } from './diagnosis.ts';
import { nameOf } from './s3-fault.ts';

/** How the operator names a bucket that isn't the service's own. */
export interface ElsewhereSettings {
  /** The variables. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly endpoint: string;
  /** The page with the policy that the credentials need. */
  readonly page: string;
  /** What to do if there is no such bucket, as the end of a sentence. */
  readonly ifAbsent: string;
}

/**
 * For the operator: why a bucket of another place can't be used, and the remedy. Undefined for unknown errors. It is
 * the part of a sentence behind a colon.
 */
export function diagnoseElsewhere(
  error: Error,
  { bucket, region, endpoint }: Diagnosed,
  settings: ElsewhereSettings,
): string | undefined {
  const at = endpoint ?? `Amazon S3 in ${region}`;
  const orElsewhere = endpoint === null ? `. If the store isn't Amazon's, set ${settings.endpoint} to its address` : '';
  if (isKeyRefused(error))
    return `${at} refuses the credentials: set ${settings.accessKeyId} and ${settings.secretAccessKey} to a key of its own${orElsewhere}`;
  switch (nameOf(error)) {
    case 'NoSuchBucket':
      return `there is no bucket ${bucket} at ${at}: ${settings.ifAbsent}${orElsewhere}`;
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return `the bucket ${bucket} is not in ${region}: set ${settings.region} to its region`;
    case 'AccessDenied':
    case 'Forbidden':
      return `the credentials may not use the bucket ${bucket}: ${settings.page} has the policy that they need`;
    default:
      return diagnoseConnection(error, { at, setting: endpoint === null ? settings.region : settings.endpoint });
  }
}
