import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ARNS, BUCKET_NAME, MAX_LENGTHS, ORIGINS, PUBLIC_ORIGIN } from '../../deploy/aws/names.ts';
import { ZIPS_FILE, type ZipOfFunction } from '../functions/zips.ts';

export interface PlanOptions {
  /** As `prod`: of the names of the stacks. */
  readonly stage: string;
  readonly region: string;
  /** Undefined: named after stage, account and region. */
  readonly bucket?: string | undefined;
  /** Undefined: CloudFront's own name, which is known after the first deployment. */
  readonly publicUrl?: string | undefined;
  /** Optional parameters of the templates. */
  readonly certificateArn?: string | undefined;
  readonly webAclArn?: string | undefined;
  readonly alarmTopicArn?: string | undefined;
  readonly kmsKeyArn?: string | undefined;
  readonly corsOrigins?: string | undefined;
  /** Where backups go each night. Undefined: there are none. */
  readonly backups?: { readonly bucket: string; readonly region: string } | undefined;
  readonly zips: readonly ZipOfFunction[];
}

/** Bucket names are unique in all of AWS; a stage may be in several accounts and regions. */
export const defaultBucket = ({ stage, region }: Pick<PlanOptions, 'stage' | 'region'>, account: string): string =>
  `safelight-${stage}-${account}-${region}`;

const REGION = '[a-z]{2}(?:-[a-z]+)+-[0-9]';

/** Each option with what it must look like. */
const OPTIONS = {
  stage: {
    pattern: '[a-z0-9](?:[a-z0-9-]{0,18}[a-z0-9])?',
    what: '1 to 20 small letters, digits and hyphens, as prod',
  },
  region: { pattern: REGION, what: 'a region, as eu-central-1' },
  bucket: { pattern: BUCKET_NAME, what: '3 to 58 small letters, digits and hyphens' },
  'public-url': {
    pattern: PUBLIC_ORIGIN,
    what: 'https:// and a host in small letters, as https://images.example.org',
  },
  'cors-origins': {
    pattern: ORIGINS,
    what: 'origins as https://app.example.org, with commas between them',
  },
  certificate: { pattern: ARNS.certificate, what: 'the ARN of a certificate in us-east-1' },
  'web-acl': { pattern: ARNS.webAcl, what: 'the ARN of a web ACL in us-east-1' },
  'alarm-topic': { pattern: ARNS.topic, what: 'the ARN of a topic' },
  'kms-key': { pattern: ARNS.key, what: 'the ARN of a key' },
  'backup-bucket': { pattern: BUCKET_NAME, what: '3 to 58 small letters, digits and hyphens' },
  'backup-region': { pattern: REGION, what: 'a region, as eu-west-1' },
} as const;
type Name = keyof typeof OPTIONS;

/** A number of digits that every account has. */
const ACCOUNT = '0'.repeat(12);

const NAMES = Object.keys(OPTIONS) as Name[];
export const USAGE = `node scripts/node.js scripts/plan-deploy.ts --stage NAME ${NAMES.filter(
  (name) => name !== 'stage',
)
  .map((name) => `[--${name} VALUE]`)
  .join(' ')} > plan.sh`;

interface Surroundings {
  readonly AWS_REGION?: string | undefined;
}

/** Errors: one sentence for the first option that is wrong, or if nothing was built. */
export function planOptions(args: readonly string[], { AWS_REGION }: Surroundings, zipsFile = ZIPS_FILE): PlanOptions {
  const options = Object.fromEntries(NAMES.map((name) => [name, { type: 'string' }] as const));
  const { values } = parseArgs({ args: [...args], options });
  const textOf = (name: Name): string | undefined => {
    const value = values[name];
    const { pattern, what } = OPTIONS[name];
    if (value === undefined || (typeof value === 'string' && new RegExp(`^${pattern}$`).test(value))) return value;
    throw new Error(`expected --${name} ${what}; got ${JSON.stringify(value)}`);
  };
  const stage = textOf('stage');
  if (stage === undefined) throw new Error(`expected --stage ${OPTIONS.stage.what}; got none`);
  const region = textOf('region') ?? AWS_REGION;
  if (region === undefined || !new RegExp(`^${OPTIONS.region.pattern}$`).test(region))
    throw new Error(`expected --region or AWS_REGION, ${OPTIONS.region.what}; got ${region ?? 'none'}`);
  const inRegion = (name: 'alarm-topic' | 'kms-key'): string | undefined => {
    const arn = textOf(name);
    if (arn === undefined || arn.split(':')[3] === region) return arn;
    throw new Error(`expected --${name} in the region ${region}; got ${arn}`);
  };
  const corsOrigins = textOf('cors-origins');
  if (corsOrigins !== undefined && corsOrigins.length > MAX_LENGTHS.corsOrigins)
    throw new Error(
      `expected --cors-origins with up to ${MAX_LENGTHS.corsOrigins} characters; got ${corsOrigins.length}`,
    );
  const bucket = textOf('bucket');
  const name = defaultBucket({ stage, region }, ACCOUNT);
  if (bucket === undefined && !new RegExp(`^${BUCKET_NAME}$`).test(name))
    throw new Error(
      `expected --bucket, or a shorter --stage: safelight-STAGE-ACCOUNT-REGION may have 58 characters; got ${name.length}`,
    );
  const [publicUrl, certificateArn] = [textOf('public-url'), textOf('certificate')];
  if ((publicUrl === undefined) !== (certificateArn === undefined))
    throw new Error(
      'expected --public-url and --certificate together, since CloudFront needs a certificate for a name of yours; got one of them',
    );
  return {
    stage,
    region,
    publicUrl,
    certificateArn,
    bucket,
    corsOrigins,
    webAclArn: textOf('web-acl'),
    alarmTopicArn: inRegion('alarm-topic'),
    kmsKeyArn: inRegion('kms-key'),
    backups: backupsIn(textOf('backup-bucket'), textOf('backup-region') ?? region),
    zips: zipsIn(zipsFile),
  };
}

const backupsIn = (bucket: string | undefined, region: string): PlanOptions['backups'] =>
  bucket === undefined ? undefined : { bucket, region };

function zipsIn(path: string): ZipOfFunction[] {
  if (!existsSync(path))
    throw new Error('expected the zips of the functions in dist/lambda; got none: run npm run build:functions');
  return JSON.parse(readFileSync(path, 'utf8')) as ZipOfFunction[];
}
