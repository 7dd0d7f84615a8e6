import { namesAfter } from '../../deploy/aws/names.ts';
import type { PlanOptions } from './plan-options.ts';
import {
  codeParameters,
  command,
  deploy,
  output,
  putCode,
  putSource,
  SOURCE_PARAMETER,
  type Step,
  stacksOf,
} from './step.ts';

/** What is needed later: each block is for itself, and none belongs to the deployment. */
export function laterSteps(options: Pick<PlanOptions, 'stage' | 'region' | 'zips'>): readonly Step[] {
  const { stage, region, zips } = options;
  const stacks = stacksOf(stage);
  const names = namesAfter('$BUCKET');
  const bucket = `aws cloudformation describe-stacks --stack-name ${stacks.data} --query "Stacks[0].Parameters[?ParameterKey=='BucketName'].ParameterValue" --output text`;
  return [
    { title: 'Names, in a new shell', notes: [], commands: [`export AWS_REGION=${region}`, `BUCKET=$(${bucket})`] },
    {
      title: 'To deploy another version: secret, address and all other settings stay',
      notes: [
        'From a plan that the new version printed, after npm ci and npm run build:functions.',
        'If CHANGELOG.md says so, before it:',
        `  ${deploy(stacks.data, 'data', []).replaceAll(/ \\\n +/g, ' ')}`,
      ],
      commands: [...putCode(zips, names.codeBucket), deploy(stacks.service, 'service', codeParameters(zips))],
    },
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
        deploy(stacks.service, 'service', [
          'HttpCodeKey="$HTTP_KEY"',
          'WorkerCodeKey="$WORKER_KEY"',
          'Architecture="$ARCHITECTURE"',
        ]),
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
        ].map((changed) => deploy(stacks.service, 'service', changed)),
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
      notes: [
        'Objects and messages are gone at once. DynamoDB keeps a system backup of the table for 35 days, which can be restored.',
        'The stack comes last, because it knows the name of the bucket. Deleting it alone keeps all of the data.',
      ],
      commands: [
        command('aws dynamodb update-table', [`--table-name "${names.table}"`, '--no-deletion-protection-enabled']),
        command('aws dynamodb wait table-exists', [`--table-name "${names.table}"`]),
        command('aws dynamodb delete-table', [`--table-name "${names.table}"`]),
        ...[names.queue, names.deadLetterQueue].map((queue) =>
          command('aws sqs delete-queue', [
            `--queue-url "$(aws sqs get-queue-url --queue-name "${queue}" --query QueueUrl --output text)"`,
          ]),
        ),
        command('aws s3 rb', [`"s3://${names.bucket}"`, '--force']),
        command('aws s3 rb', [`"s3://${names.codeBucket}"`, '--force']),
        command('aws cloudformation update-termination-protection', [
          `--stack-name ${stacks.data}`,
          '--no-enable-termination-protection',
        ]),
        command('aws cloudformation delete-stack', [`--stack-name ${stacks.data}`]),
        command('aws cloudformation wait stack-delete-complete', [`--stack-name ${stacks.data}`]),
      ],
    },
    {
      title: 'To back up by another version, too',
      notes: [],
      commands: [...putSource(names.codeBucket), deploy(stacks.backup, 'backup', [SOURCE_PARAMETER])],
    },
    {
      title: 'To end the backups: the target keeps those that it has',
      notes: [],
      commands: [command('aws cloudformation delete-stack', [`--stack-name ${stacks.backup}`])],
    },
  ];
}
