import { namesAfter } from '../../deploy/aws/names.ts';
import type { ZipOfFunction } from '../functions/zips.ts';
import { codeParameters, command, deploy, output, putCode, type Step, stacksOf } from './step.ts';

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
  readonly zips: readonly ZipOfFunction[];
}

/** Stands for the public address until CloudFront has one. */
const NOT_YET_KNOWN = 'https://not-yet-known.invalid';

/** All steps, in order. Values are checked before (`plan-options.ts`), so none can end a word of the shell. */
export function planSteps(options: PlanOptions): readonly Step[] {
  const { stage, region, publicUrl, zips } = options;
  const stacks = stacksOf(stage);
  const shared = given({ CorsOrigins: options.corsOrigins, KmsKeyArn: options.kmsKeyArn });
  const data = deploy(stacks.data, 'data', ['BucketName="$BUCKET"', 'PublicUrl="$PUBLIC_URL"', ...shared]);
  const service = deploy(stacks.service, 'service', [
    'BucketName="$BUCKET"',
    'PublicUrl="$PUBLIC_URL"',
    ...shared,
    ...codeParameters(zips),
    'OriginSecret="$ORIGIN_SECRET"',
    'OriginSecretSha256="$ORIGIN_SECRET_SHA256"',
    ...given({
      CertificateArn: options.certificateArn,
      WebAclArn: options.webAclArn,
      AlarmTopicArn: options.alarmTopicArn,
    }),
  ]);
  return [
    {
      title: 'Names',
      notes: ['An administrator of the account. All commands in one shell, in the folder of the repository.'],
      commands: [
        `export AWS_REGION=${region}`,
        ...(options.bucket === undefined
          ? [
              'ACCOUNT=$(aws sts get-caller-identity --query Account --output text)',
              `BUCKET=${defaultBucket(options, '$ACCOUNT')}`,
            ]
          : [`BUCKET=${options.bucket}`]),
        `PUBLIC_URL=${publicUrl ?? NOT_YET_KNOWN}`,
      ],
    },
    {
      title: 'The data: bucket, table and queue, and a bucket for the code',
      notes: [`${ifCreationFailed(stacks.data)}, after a minute: for so long names of deleted queues are taken.`],
      commands: [
        data,
        command('aws cloudformation update-termination-protection', [
          `--stack-name ${stacks.data}`,
          '--enable-termination-protection',
        ]),
      ],
    },
    {
      title: 'The code',
      notes: ['The key contains the hash of the zip: uploading it twice changes nothing, and the former code stays.'],
      commands: putCode(zips, namesAfter('$BUCKET').codeBucket),
    },
    {
      title: 'The service: functions, HTTP API, CloudFront, alarms',
      notes: [
        'Only CloudFront gets the secret. The functions know its hash. Takes five to ten minutes.',
        `${ifCreationFailed(stacks.service)}.`,
        'Once: again it would replace the secret, and CloudFront would be refused for minutes. Another version: see below.',
      ],
      commands: [
        'ORIGIN_SECRET=$(openssl rand -hex 32)',
        'ORIGIN_SECRET_SHA256=$(printf %s "$ORIGIN_SECRET" | openssl dgst -sha256 -r | cut -d " " -f 1)',
        service,
        `DOMAIN=$(${output(stacks.service, 'DistributionDomainName')})`,
      ],
    },
    addressStep(options, stacks),
    {
      title: 'The first keys: of an admin, and of a user for the smoke test',
      notes: ['Keys are shown once. Keep ADMIN_KEY.'],
      commands: [
        'export AUTH=api-key S3_BUCKET="$BUCKET" DYNAMO_TABLE="$BUCKET"',
        `ADMIN_KEY=$(npm run --silent keys -- create --admin | ${KEY_OF_JSON})`,
        `USER_KEY=$(npm run --silent keys -- create --name smoke-test --owner smoke-test --scopes images:read,images:write | ${KEY_OF_JSON})`,
      ],
    },
    {
      title: 'The smoke test',
      notes: ['Uploads, lists, renders and deletes images of the user smoke-test.'],
      commands: [
        command('npm run acceptance --', [
          '--base "$PUBLIC_URL"',
          '--token "$USER_KEY"',
          '--as-user smoke-test',
          '--admin-token "$ADMIN_KEY"',
        ]),
      ],
    },
  ];
}

/** Bucket names are unique in all of AWS; a stage may be in several accounts and regions. */
export const defaultBucket = ({ stage, region }: Pick<PlanOptions, 'stage' | 'region'>, account: string): string =>
  `safelight-${stage}-${account}-${region}`;

/** Only a deletion brings such a stack out of ROLLBACK_COMPLETE. */
const ifCreationFailed = (stack: string): string =>
  `If the first creation fails: aws cloudformation delete-stack --stack-name ${stack}, then ` +
  `aws cloudformation wait stack-delete-complete --stack-name ${stack}, then this step again`;

function addressStep({ publicUrl, certificateArn }: PlanOptions, stacks: ReturnType<typeof stacksOf>): Step {
  if (publicUrl !== undefined && certificateArn !== undefined) {
    const { hostname } = new URL(publicUrl);
    return {
      title: 'The address',
      notes: [`At your DNS, make ${hostname} an alias (CNAME) of this name, and wait until it answers:`],
      commands: ['echo "$DOMAIN"', `curl -fsS --retry 60 --retry-delay 10 --retry-all-errors "$PUBLIC_URL/health"`],
    };
  }
  return {
    title: "The address: CloudFront's own name, which both stacks must know",
    notes: ['A name of yours needs --public-url and --certificate.'],
    commands: [
      'PUBLIC_URL="https://$DOMAIN"',
      deploy(stacks.data, 'data', ['PublicUrl="$PUBLIC_URL"']),
      deploy(stacks.service, 'service', ['PublicUrl="$PUBLIC_URL"']),
      'curl -fsS "$PUBLIC_URL/health"',
    ],
  };
}

/** Of the JSON that npm run keys prints. */
const KEY_OF_JSON = `sed 's/.*"key":"\\([^"]*\\)".*/\\1/'`;

const given = (parameters: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
