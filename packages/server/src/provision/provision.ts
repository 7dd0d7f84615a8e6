import type { S3Config, Secrets } from '../config.ts';
import { AppError } from '../domain/errors.ts';
import { createS3Client } from '../object-store/s3-client.ts';
import { diagnose } from '../object-store/s3-diagnosis.ts';
import type { Aspect, Compared, LeftOut, Target } from './aspect.ts';
import { BUCKET } from './bucket.ts';
import { CORS } from './cors.ts';
import { ENCRYPTION } from './encryption.ts';
import { LIFECYCLE } from './lifecycle.ts';
import { OWNERSHIP } from './ownership.ts';
import { PUBLIC_ACCESS } from './public-access.ts';
import { TLS_ONLY } from './tls-only.ts';

const ASPECTS: readonly Aspect[] = [BUCKET, PUBLIC_ACCESS, OWNERSHIP, ENCRYPTION, TLS_ONLY, CORS, LIFECYCLE];

/** How a store says that it can't do something which its profile doesn't know. */
const UNSUPPORTED = ['NotImplemented', 'MethodNotAllowed'];

/** What became of one aspect; a difference was removed, or would be. */
export type Outcome = { readonly aspect: string } & (LeftOut | Omit<Compared, 'apply'>);

export interface ProvisionOptions {
  readonly s3: S3Config;
  readonly awsKeys: Secrets['awsKeys'];
  readonly origins: readonly string[];
  /** Changes the bucket, or only says what would be changed. */
  readonly mode: 'apply' | 'dry-run';
}

/** Makes a bucket what it should be, aspect by aspect. Errors: `unavailable`, with a sentence that says what mends it. */
export async function provision({ s3, awsKeys, origins, mode }: ProvisionOptions): Promise<Outcome[]> {
  const client = await createS3Client({ ...s3, credentials: awsKeys });
  const isTls = [s3.endpoint, s3.publicEndpoint].every((one) => one === null || one.startsWith('https:'));
  const target: Target = { ...s3, client, isTls, origins };
  try {
    const outcomes: Outcome[] = [];
    for (const aspect of ASPECTS) outcomes.push({ aspect: aspect.name, ...(await makeRight(aspect, target, mode)) });
    return outcomes;
  } catch (error) {
    throw new AppError('unavailable', sentence(error, s3), { cause: error });
  } finally {
    client.destroy();
  }
}

async function makeRight(
  { name, needs, check }: Aspect,
  target: Target,
  mode: ProvisionOptions['mode'],
): Promise<LeftOut | Omit<Compared, 'apply'>> {
  const lacking = needs.filter((one) => target.lacks.includes(one));
  if (lacking.length > 0) return { kind: 'left-out', why: `this store lacks ${lacking.join(', ')}` };
  try {
    const finding = await check(target);
    if (finding.kind === 'left-out') return finding;
    const { kind, difference, except, apply } = finding;
    if (mode === 'apply' && difference.length > 0) await apply();
    return { kind, difference, except };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (UNSUPPORTED.includes(error.name)) return { kind: 'left-out', why: `the store says ${error.name}` };
    error.message = `${name}: ${error.message}`;
    throw error;
  }
}

function sentence(error: unknown, s3: S3Config): string {
  if (!(error instanceof Error)) return String(error);
  switch (error.name) {
    case 'AccessDenied':
      return `The credentials may not change the bucket ${s3.bucket} (${error.message}): run this with an administrator's`;
    case 'InvalidLocationConstraint':
      return `The store has no region ${s3.region}: set AWS_REGION to one that it has`;
    default:
      return (
        diagnose(error, s3) ?? `The store says ${error.name} (${error.message}); what it can't do belongs into S3_LACKS`
      );
  }
}
