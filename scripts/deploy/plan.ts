import { namesAfter } from '../../deploy/aws/names.ts';
import { WORKER_CONCURRENCY } from '../../deploy/aws/settings.ts';
import { laterSteps } from './later-steps.ts';
import { defaultBucket, type PlanOptions } from './plan-options.ts';
import {
  codeParameters,
  command,
  deploy,
  output,
  planText,
  putCode,
  putSource,
  SOURCE_PARAMETER,
  type Step,
  stacksOf,
} from './step.ts';

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
      notes: ['An administrator of the account. All commands in one bash, in the folder of the repository.'],
      commands: [
        `export AWS_REGION=${region}`,
        ...(options.bucket === undefined
          ? [
              'ACCOUNT=$(aws sts get-caller-identity --query Account --output text)',
              `BUCKET=${defaultBucket(options, '$ACCOUNT')}`,
            ]
          : [`BUCKET=${options.bucket}`]),
        `PUBLIC_URL=${publicUrl ?? NOT_YET_KNOWN}`,
        unlessDeployed(stacks.service),
      ],
    },
    {
      title: 'The limit of the account: how many instances of all functions may run',
      notes: [
        `New accounts may have 10. The worker alone takes up to ${WORKER_CONCURRENCY}, and then viewers find none.`,
        'Ask for more in the service quotas of Lambda (Concurrent executions): 1000 is usual.',
      ],
      commands: ['aws lambda get-account-settings --query AccountLimit.ConcurrentExecutions'],
    },
    {
      title: 'The data: bucket, table and queue, and a bucket for the code',
      notes: [
        ...ifCreationFailed(stacks.data),
        'Wait a minute more before: for so long the names of deleted queues are taken.',
      ],
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
        'Once: again it would replace the secret, and CloudFront would be refused for minutes. Another version: see below.',
        ...ifCreationFailed(stacks.service),
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
      notes: ['Keys are shown once. Keep the key of the admin. That of the smoke test ends after a day.'],
      commands: [
        'export AUTH=api-key S3_BUCKET="$BUCKET" DYNAMO_TABLE="$BUCKET"',
        `ADMIN_KEY=$(npm run --silent admin -- keys create --admin | ${KEY_OF_JSON})`,
        'echo "The key of the admin: $ADMIN_KEY"',
        `USER_KEY=$(npm run --silent admin -- keys create --name smoke-test --owner smoke-test --scopes images:read,images:write --expires-at "$(${TOMORROW})" | ${KEY_OF_JSON})`,
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
    ...backupSteps(options),
  ];
}

function backupSteps({ stage, backups, ...options }: PlanOptions): readonly Step[] {
  if (backups === undefined) return [];
  const { backup } = stacksOf(stage);
  return [
    {
      title: 'Backups: each night into a bucket of yours',
      notes: [
        `Make the bucket ${backups.bucket} before: private, with versioning. If it is of another account, its policy`,
        'must permit what docs/backup.md lists to the role that the first output names: then start the first backup.',
      ],
      commands: [
        ...putSource(namesAfter('$BUCKET').codeBucket),
        deploy(backup, 'backup', [
          'BucketName="$BUCKET"',
          SOURCE_PARAMETER,
          `TargetBucket=${backups.bucket}`,
          `TargetRegion=${backups.region}`,
          ...given({ KmsKeyArn: options.kmsKeyArn, AlarmTopicArn: options.alarmTopicArn }),
        ]),
        output(backup, 'RoleArn'),
        `aws codebuild start-build --project-name "$(${output(backup, 'ProjectName')})" --query build.id`,
      ],
    },
  ];
}

/**
 * Repeating the whole plan would replace secret and address of a running service. False ends a script, but no shell of
 * a reader.
 */
const unlessDeployed = (stack: string): string =>
  `aws cloudformation describe-stacks --stack-name ${stack} > /dev/null 2>&1 && ` +
  `echo "${stack} exists: continue with the step that failed, or with a later one" >&2 && false`;

/** Only a deletion brings such a stack out of ROLLBACK_COMPLETE. */
const ifCreationFailed = (stack: string): string[] => [
  'If the first creation fails, delete the stack, wait, and run this step again:',
  `  aws cloudformation delete-stack --stack-name ${stack}`,
  `  aws cloudformation wait stack-delete-complete --stack-name ${stack}`,
];

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
    title: 'The address: the name that CloudFront gave, which both stacks must know',
    notes: ['A name of yours needs --public-url and --certificate.'],
    commands: [
      'PUBLIC_URL="https://$DOMAIN"',
      deploy(stacks.data, 'data', ['PublicUrl="$PUBLIC_URL"']),
      deploy(stacks.service, 'service', ['PublicUrl="$PUBLIC_URL"']),
      'curl -fsS "$PUBLIC_URL/health"',
    ],
  };
}

/** `date` of Linux and of macOS have different options for it. */
const TOMORROW = `node -p 'new Date(Date.now() + 86_400_000).toISOString()'`;

/** Reads the key from the JSON that npm run admin -- keys prints. */
const KEY_OF_JSON = `sed 's/.*"key":"\\([^"]*\\)".*/\\1/'`;

const given = (parameters: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));

/**
 * The plan as a script of bash, and to paste from: so it has no `set -e`, which would end the reader's shell. Later
 * steps are a text of the script, because a comment around commands of several lines can't be pasted.
 */
export const planScript = (options: PlanOptions): string =>
  [
    `# Safelight on AWS, stage ${options.stage}. Nothing was called: read the commands, then run them in this order.`,
    planText(planSteps(options)),
    '# Later, each for itself. Nothing of it is run with the rest.',
    `: <<'LATER'\n${planText(laterSteps(options))}\nLATER`,
  ].join('\n\n');
