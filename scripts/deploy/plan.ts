import { namesAfter } from '../../deploy/aws/names.ts';
import type { ZipOfFunction } from '../functions/zips.ts';

export interface PlanOptions {
  /** As `prod`: of the names of the stacks. */
  readonly stage: string;
  readonly region: string;
  /** Undefined: named after stage and account. */
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

/** A part of the plan: what it is for, and its commands for a shell. */
export interface Step {
  readonly title: string;
  /** What must be known before it is run. */
  readonly notes: readonly string[];
  readonly commands: readonly string[];
}

/** Stands for the public address until CloudFront has one. */
const NOT_YET_KNOWN = 'https://not-yet-known.invalid';

/** All steps, in order. Values are checked before (`plan-options.ts`), so none can end a word of the shell. */
export function planSteps(options: PlanOptions): readonly Step[] {
  const { stage, region, publicUrl, zips } = options;
  const stacks = { data: `safelight-${stage}-data`, service: `safelight-${stage}-service` };
  const shared = given({ CorsOrigins: options.corsOrigins, KmsKeyArn: options.kmsKeyArn });
  const data = deploy(stacks.data, 'data', ['BucketName="$BUCKET"', 'PublicUrl="$PUBLIC_URL"', ...shared]);
  const codeKeys = zips.map((zip) => `${PARAMETER_OF[zip.function]}=${zip.key}`);
  const service = deploy(
    stacks.service,
    'service',
    [
      'BucketName="$BUCKET"',
      'PublicUrl="$PUBLIC_URL"',
      ...shared,
      ...codeKeys,
      `Architecture=${zips[0]?.architecture}`,
      'OriginSecret="$ORIGIN_SECRET"',
      'OriginSecretSha256="$ORIGIN_SECRET_SHA256"',
      'Auth=api-key',
      ...given({
        CertificateArn: options.certificateArn,
        WebAclArn: options.webAclArn,
        AlarmTopicArn: options.alarmTopicArn,
      }),
    ],
    ['--capabilities CAPABILITY_IAM'],
  );
  const names = namesAfter('$BUCKET');
  return [
    {
      title: 'Names',
      notes: ['An administrator of the account. All commands in one shell, in the folder of the repository.'],
      commands: [
        `export AWS_REGION=${region}`,
        ...(options.bucket === undefined
          ? [
              'ACCOUNT=$(aws sts get-caller-identity --query Account --output text)',
              `BUCKET=safelight-${stage}-$ACCOUNT`,
            ]
          : [`BUCKET=${options.bucket}`]),
        `PUBLIC_URL=${publicUrl ?? NOT_YET_KNOWN}`,
      ],
    },
    {
      title: 'The data: bucket, table and queue, and a bucket for the code',
      notes: [],
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
      commands: zips.map((zip) =>
        command('aws s3api put-object', [
          `--bucket "${names.codeBucket}"`,
          `--key ${zip.key}`,
          `--body dist/lambda/${zip.file}`,
          '--checksum-algorithm SHA256',
        ]),
      ),
    },
    {
      title: 'The service: functions, HTTP API, CloudFront, alarms',
      notes: ['Only CloudFront gets the secret. The functions know its hash. Takes five to ten minutes.'],
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

/** What is needed later: each block is for itself, and none belongs to the deployment. */
export function laterSteps(options: Pick<PlanOptions, 'stage' | 'region'>): readonly Step[] {
  const { stage, region } = options;
  const stacks = { data: `safelight-${stage}-data`, service: `safelight-${stage}-service` };
  const names = namesAfter('$BUCKET');
  const bucket = `aws cloudformation describe-stacks --stack-name ${stacks.data} --query "Stacks[0].Parameters[?ParameterKey=='BucketName'].ParameterValue" --output text`;
  return [
    { title: 'Names, in a new shell', notes: [], commands: [`export AWS_REGION=${region}`, `BUCKET=$(${bucket})`] },
    {
      title: 'To roll back: the keys of an earlier code, of both functions',
      notes: [
        'A deployment that fails is rolled back by CloudFormation itself. Other parameters keep their values.',
        'Choose HTTP_KEY and WORKER_KEY among the keys that the first command prints.',
      ],
      commands: [
        command('aws s3api list-objects-v2', [
          `--bucket "${names.codeBucket}"`,
          '--prefix safelight/',
          '--query "sort_by(Contents,&LastModified)[].Key"',
        ]),
        'ARCHITECTURE=$(printf %s "$HTTP_KEY" | cut -d - -f 2)',
        deploy(
          stacks.service,
          'service',
          ['HttpCodeKey="$HTTP_KEY"', 'WorkerCodeKey="$WORKER_KEY"', 'Architecture="$ARCHITECTURE"'],
          ['--capabilities CAPABILITY_IAM'],
        ),
      ],
    },
    {
      title: 'To replace the secret: first both hashes count, then CloudFront sends the new one, then the old one ends',
      notes: [],
      commands: [
        `FUNCTION=$(${output(stacks.service, 'HttpFunctionName')})`,
        'ORIGIN_SECRET_SHA256=$(aws lambda get-function-configuration --function-name "$FUNCTION" --query Environment.Variables.ORIGIN_SECRET_SHA256 --output text)',
        'NEW_SECRET=$(openssl rand -hex 32)',
        'NEW_SHA256=$(printf %s "$NEW_SECRET" | openssl dgst -sha256 -r | cut -d " " -f 1)',
        ...[
          ['OriginSecretSha256="$ORIGIN_SECRET_SHA256,$NEW_SHA256"'],
          ['OriginSecret="$NEW_SECRET"'],
          ['OriginSecretSha256="$NEW_SHA256"'],
        ].map((changed) => deploy(stacks.service, 'service', changed, ['--capabilities CAPABILITY_IAM'])),
      ],
    },
    {
      title: 'To tear down the service: the data stays, and another deployment finds it',
      notes: [],
      commands: [
        command('aws cloudformation delete-stack', [`--stack-name ${stacks.service}`]),
        command('aws cloudformation wait stack-delete-complete', [`--stack-name ${stacks.service}`]),
      ],
    },
    {
      title: 'To delete the data for good, after that',
      notes: ['Nothing of it can be restored. Deleting the stack alone keeps all of it.'],
      commands: [
        command('aws cloudformation update-termination-protection', [
          `--stack-name ${stacks.data}`,
          '--no-enable-termination-protection',
        ]),
        command('aws cloudformation delete-stack', [`--stack-name ${stacks.data}`]),
        command('aws cloudformation wait stack-delete-complete', [`--stack-name ${stacks.data}`]),
        command('aws dynamodb update-table', [`--table-name "${names.table}"`, '--no-deletion-protection-enabled']),
        command('aws dynamodb delete-table', [`--table-name "${names.table}"`]),
        ...[names.queue, names.deadLetterQueue].map((queue) =>
          command('aws sqs delete-queue', [
            `--queue-url "$(aws sqs get-queue-url --queue-name "${queue}" --query QueueUrl --output text)"`,
          ]),
        ),
        command('aws s3 rb', [`"s3://${names.bucket}"`, '--force']),
        command('aws s3 rb', [`"s3://${names.codeBucket}"`, '--force']),
      ],
    },
  ];
}

function addressStep(
  { publicUrl, certificateArn }: PlanOptions,
  stacks: { readonly data: string; readonly service: string },
): Step {
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
      deploy(stacks.service, 'service', ['PublicUrl="$PUBLIC_URL"'], ['--capabilities CAPABILITY_IAM']),
      'curl -fsS "$PUBLIC_URL/health"',
    ],
  };
}

const PARAMETER_OF = { http: 'HttpCodeKey', worker: 'WorkerCodeKey' } as const;

/** Of the JSON that npm run keys prints. */
const KEY_OF_JSON = `sed 's/.*"key":"\\([^"]*\\)".*/\\1/'`;

const given = (parameters: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(parameters).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));

const command = (program: string, args: readonly string[]): string => [program, ...args].join(' \\\n  ');

const deploy = (
  stack: string,
  template: string,
  parameters: readonly string[],
  options: readonly string[] = [],
): string =>
  command('aws cloudformation deploy', [
    `--stack-name ${stack}`,
    `--template-file deploy/aws/${template}.template.json`,
    ...options,
    '--no-fail-on-empty-changeset',
    `--parameter-overrides ${parameters.join(' \\\n    ')}`,
  ]);

const output = (stack: string, name: string): string =>
  `aws cloudformation describe-stacks --stack-name ${stack} --query "Stacks[0].Outputs[?OutputKey=='${name}'].OutputValue" --output text`;

/** As text for a shell: comments and commands. */
export const planText = (steps: readonly Step[]): string =>
  steps
    .map(({ title, notes, commands }, at) =>
      [`# ${at + 1}. ${title}.`, ...notes.map((note) => `# ${note}`), ...commands].join('\n'),
    )
    .join('\n\n');
