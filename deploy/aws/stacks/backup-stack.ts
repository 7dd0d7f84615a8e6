import { type App, Aws, CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { type Arns, statementsFor } from '../../../packages/server/src/admin/provision/permissions.ts';
import { bucketArns, tableArns } from '../../../packages/server/src/admin/provision/policies.ts';
import { ARNS, BUCKET_NAME, type Names, namesAfter } from '../names.ts';
import { acknowledge } from './acknowledge.ts';
import { backupAlarms, createAlarms } from './alarms.ts';
import { bucketName, isGiven, kmsKeyArn, parameter } from './parameters.ts';
import { stackProps } from './stack-props.ts';

const VERSION = '2012-10-17';
/**
 * A first backup copies everything. One that isn't done by then goes on in the next night. CodeBuild's limit is 36
 * hours.
 */
const TIMEOUT_MINUTES = 8 * 60;
const LOG_DAYS = 90;

/**
 * A backup that lacks a lost original has ended, and is verified and pruned too. The repository brings its own Node.
 */
const BUILD = `version: 0.2
phases:
  install:
    commands:
      - npm ci --omit=dev
  build:
    commands:
      - |
        worst=0
        admin() { npm run -s admin -- "$@" || worst=$?; }
        admin backup "$TARGET"
        admin backup verify "$TARGET" --sample 1000
        admin backup prune "$TARGET"
        exit "$worst"
`;

/**
 * A backup each night by CodeBuild: a function's 15 minutes don't suffice. The target is a bucket that somebody else
 * has made.
 */
export class BackupStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id, {
      ...stackProps(),
      description: 'Safelight, backups: a nightly backup into a bucket, and its alarms.',
    });
    const names = namesAfter(bucketName(this));
    const given = parametersOf(this);
    const logs = new CfnLogGroup(this, 'Logs', {
      logGroupName: `/safelight/${Aws.STACK_NAME}`,
      retentionInDays: LOG_DAYS,
    });
    const role = this.#role(names, given, logs);
    const project = new CfnProject(this, 'Project', {
      description: 'Safelight: makes, verifies and prunes backups',
      serviceRole: role.attrArn,
      source: { type: 'S3', location: `${names.codeBucket}/${given.sourceKey}`, buildSpec: BUILD },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        type: 'LINUX_CONTAINER',
        image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0',
        computeType: 'BUILD_GENERAL1_SMALL',
        environmentVariables: Object.entries({
          S3_BUCKET: names.bucket,
          DYNAMO_TABLE: names.table,
          DATA_DIR: '/tmp/safelight',
          BACKUP_S3_REGION: given.targetRegion,
          TARGET: `s3://${given.targetBucket}/${names.bucket}`,
        }).map(([name, value]) => ({ name, value })),
      },
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: logs.ref } },
      concurrentBuildLimit: 1,
      timeoutInMinutes: TIMEOUT_MINUTES,
    });
    acknowledge(project, 'AwsSolutions-CB4', 'It has no artifacts: the target has its own encryption.');
    this.#schedule(project, given.schedule);
    createAlarms(this, backupAlarms(project.ref), given.alarmTopicArn);
    new CfnOutput(this, 'ProjectName', { value: project.ref });
    new CfnOutput(this, 'RoleArn', { value: role.attrArn, description: 'For the policy of the target.' });
  }

  /** Reads the service, and writes to the target alone. */
  #role(names: Names, given: Given, logs: CfnLogGroup): CfnRole {
    const s3 = (bucket: string) => `arn:${Aws.PARTITION}:s3:::${bucket}`;
    const arns: Arns = {
      ...bucketArns(s3(names.bucket)),
      ...tableArns(this.formatArn({ service: 'dynamodb', resource: 'table', resourceName: names.table })),
    };
    const target = s3(given.targetBucket);
    const withKey = statementsFor(['backup'], { key: [given.kmsKeyArn] });
    const hasKey = isGiven(this, 'HasKmsKey', given.kmsKeyArn);
    const statements = [
      ...statementsFor(['backup'], arns),
      ...withKey.map((one) => Fn.conditionIf(hasKey, one, Aws.NO_VALUE)),
      allow('Code', ['s3:GetObject'], `${s3(names.codeBucket)}/${given.sourceKey}`),
      allow('TargetBucket', ['s3:ListBucket'], target),
      allow(
        'Target',
        ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
        `${target}/${names.bucket}/*`,
      ),
      allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], logs.attrArn),
    ];
    const role = new CfnRole(this, 'Role', {
      description: 'What the backups of Safelight may do.',
      assumeRolePolicyDocument: {
        Version: VERSION,
        Statement: [{ Effect: 'Allow', Principal: { Service: 'codebuild.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      policies: [{ policyName: 'safelight', policyDocument: { Version: VERSION, Statement: statements } }],
    });
    for (const place of ['<BucketName>/images', '<TargetBucket>/<BucketName>'])
      acknowledge(
        role,
        `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:s3:::${place}/*]`,
        'Keys of originals have ids, those of backups dates and hashes.',
      );
    return role;
  }

  #schedule(project: CfnProject, schedule: string): void {
    const starter = new CfnRole(this, 'StarterRole', {
      description: 'Starts the backups of Safelight.',
      assumeRolePolicyDocument: {
        Version: VERSION,
        Statement: [{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      policies: [
        {
          policyName: 'safelight',
          policyDocument: { Version: VERSION, Statement: [allow('Start', ['codebuild:StartBuild'], project.attrArn)] },
        },
      ],
    });
    new CfnRule(this, 'Nightly', {
      description: 'Safelight: a backup each night',
      scheduleExpression: schedule,
      state: 'ENABLED',
      targets: [{ id: 'backup', arn: project.attrArn, roleArn: starter.attrArn }],
    });
  }
}

const allow = (sid: string, action: readonly string[], resource: string) => ({
  Sid: sid,
  Effect: 'Allow',
  Action: action,
  Resource: [resource],
});

type Given = ReturnType<typeof parametersOf>;

const parametersOf = (stack: Stack) => ({
  kmsKeyArn: kmsKeyArn(stack),
  sourceKey: parameter(stack, 'SourceKey', {
    description: 'The key of the zip of the repository in the bucket for code.',
    allowedPattern: '^safelight/source-[0-9a-f]{7,64}\\.zip$',
    constraintDescription: 'as the plan makes it: safelight/source-COMMIT.zip',
  }),
  targetBucket: parameter(stack, 'TargetBucket', {
    description: 'The bucket for backups: of another account, or at least another region.',
    allowedPattern: `^${BUCKET_NAME}$`,
    constraintDescription: '3 to 58 small letters, digits and hyphens',
  }),
  targetRegion: parameter(stack, 'TargetRegion', {
    description: 'The region of this bucket.',
    allowedPattern: '^[a-z]{2}(?:-[a-z]+)+-[0-9]$',
    constraintDescription: 'a region, as eu-central-1',
  }),
  schedule: parameter(stack, 'Schedule', {
    description: 'When a backup begins, in UTC.',
    default: 'cron(15 3 * * ? *)',
    allowedPattern: '^(?:cron|rate)\\([A-Za-z0-9 ,*/?#-]{1,100}\\)$',
    constraintDescription: 'an expression of EventBridge, as cron(15 3 * * ? *)',
  }),
  alarmTopicArn: parameter(stack, 'AlarmTopicArn', {
    description: 'The SNS topic that the alarms tell. Empty: none.',
    default: '',
    allowedPattern: `^(?:${ARNS.topic})?$`,
    constraintDescription: 'the ARN of a topic in this region, or nothing',
  }),
});
