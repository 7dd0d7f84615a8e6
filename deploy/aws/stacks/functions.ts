import { Aws, Fn, type IResolvable, type Stack, Token } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnEventInvokeConfig, CfnEventSourceMapping, CfnFunction, CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import {
  type Arns,
  type Role,
  type Statement,
  statementsFor,
} from '../../../packages/server/src/admin/provision/permissions.ts';
import { KEY_PREFIXES } from '../../../packages/server/src/domain/image/object-key.ts';
import {
  BATCH_SIZE,
  HANDLER,
  MEMORY_MB,
  RUNTIME,
  STORAGE_MB,
  WORKER_CONCURRENCY,
  WORKER_TIMEOUT_SECONDS,
} from '../settings.ts';
import { acknowledge } from './acknowledge.ts';
import { isGiven } from './parameters.ts';

export interface FunctionOptions {
  /** `http` or `worker`, the name in `dist/lambda`. */
  readonly name: string;
  readonly codeBucket: string;
  /** The key of the zip. */
  readonly codeKey: string;
  readonly architecture: string;
  readonly environment: Readonly<Record<string, string | IResolvable>>;
  /** What it may do, as `npm run admin -- provision --policies` prints it. */
  readonly role: Role;
  readonly arns: Arns;
  /** The customer's, if there is one. */
  readonly key: { readonly condition: string; readonly arn: string };
  /** Where it runs, if that is a VPC: lists with commas. */
  readonly network: { readonly condition: string; readonly subnetIds: string; readonly securityGroupIds: string };
  /** Instances that no other function takes, and that it never exceeds; '' for neither. */
  readonly concurrency: string;
  readonly timeoutSeconds: number;
  readonly logDays: number;
}

export interface DeployedFunction {
  readonly lambda: CfnFunction;
  readonly role: CfnRole;
  readonly logs: CfnLogGroup;
}

/** A function, its role and its log, which exists before the function could make one that is kept for ever. */
export function createFunction(stack: Stack, id: string, options: FunctionOptions): DeployedFunction {
  const { name, codeBucket, codeKey, architecture, environment, network, concurrency, timeoutSeconds, logDays } =
    options;
  const logs = new CfnLogGroup(stack, `${id}Logs`, {
    logGroupName: `/safelight/${Aws.STACK_NAME}/${name}`,
    retentionInDays: logDays,
  });
  const role = new CfnRole(stack, `${id}Role`, {
    description: `What the function ${name} of Safelight may do.`,
    assumeRolePolicyDocument: {
      Version: VERSION,
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    policies: [
      { policyName: 'safelight', policyDocument: { Version: VERSION, Statement: statementsOf(options, logs) } },
    ],
  });
  for (const prefix of KEY_PREFIXES) {
    const finding = `Resource::arn:<AWS::Partition>:s3:::<BucketName>/${prefix}*`;
    acknowledge(
      role,
      `AwsSolutions-IAM5[${finding}]`,
      'Keys of objects have ids; the prefix is what their kind needs.',
    );
  }
  const lambda = new CfnFunction(stack, id, {
    description: `Safelight: ${name}`,
    runtime: RUNTIME,
    handler: HANDLER,
    architectures: [architecture],
    code: { s3Bucket: codeBucket, s3Key: codeKey },
    memorySize: MEMORY_MB,
    ephemeralStorage: { size: STORAGE_MB },
    timeout: timeoutSeconds,
    role: role.attrArn,
    reservedConcurrentExecutions: Token.asNumber(
      Fn.conditionIf(isGiven(stack, `Has${id}Concurrency`, concurrency), concurrency, Aws.NO_VALUE),
    ),
    vpcConfig: Fn.conditionIf(
      network.condition,
      {
        SubnetIds: Fn.split(',', network.subnetIds),
        SecurityGroupIds: Fn.split(',', network.securityGroupIds),
      },
      Aws.NO_VALUE,
    ),
    environment: { variables: environment as Record<string, string> },
    loggingConfig: { logGroup: logs.ref, logFormat: 'Text' }, // each line is JSON by the service itself
  });
  for (const rule of ['F3031', 'E1150'])
    acknowledge(lambda, `CloudFormation-Validate::${rule}`, 'Without subnets there is no VPC: a condition says so.');
  return { lambda, role, logs };
}

const VERSION = '2012-10-17';

function statementsOf({ role, arns, key, network }: FunctionOptions, logs: CfnLogGroup) {
  const always = statementsFor([role], { ...arns, log: [logs.attrArn] });
  const withKey = statementsFor([role], { key: [key.arn] });
  const inNetwork = statementsFor([role], { network: ['*'] }).flatMap((one) => [one, deniedToCode(one)]);
  const only = (condition: string) => (one: object) => Fn.conditionIf(condition, one, Aws.NO_VALUE);
  return [...always, ...withKey.map(only(key.condition)), ...inNetwork.map(only(network.condition))];
}

/** "Giving Lambda functions access to resources in an Amazon VPC": Lambda itself asks without this key. */
const deniedToCode = ({ Sid, Action, Resource }: Statement) => ({
  Sid: `${Sid}ByLambdaOnly`,
  Effect: 'Deny',
  Action,
  Resource,
  Condition: {
    ArnLike: { 'lambda:SourceFunctionArn': `arn:${Aws.PARTITION}:lambda:${Aws.REGION}:${Aws.ACCOUNT_ID}:function:*` },
  },
});

/** Messages of the queue come in batches, each with its own outcome. */
export function connectQueue(stack: Stack, { lambda, role }: DeployedFunction, queueArn: string): void {
  const mapping = new CfnEventSourceMapping(stack, 'WorkerQueue', {
    functionName: lambda.ref,
    eventSourceArn: queueArn,
    batchSize: BATCH_SIZE,
    functionResponseTypes: ['ReportBatchItemFailures'], // without it the messages of failed jobs are deleted
    scalingConfig: { maximumConcurrency: WORKER_CONCURRENCY },
  });
  mapping.addResourceDependency(role);
}

/** A sweep each minute. A failed one isn't repeated: the next minute comes anyway. */
export function scheduleSweeps(stack: Stack, { lambda }: DeployedFunction): CfnRule {
  const rule = new CfnRule(stack, 'Sweep', {
    description: 'Safelight: a sweep each minute',
    scheduleExpression: 'rate(1 minute)',
    state: 'ENABLED',
    targets: [{ id: 'worker', arn: lambda.attrArn }],
  });
  new CfnPermission(stack, 'SweepPermission', {
    action: 'lambda:InvokeFunction',
    functionName: lambda.ref,
    principal: 'events.amazonaws.com',
    sourceArn: rule.attrArn,
  });
  new CfnEventInvokeConfig(stack, 'SweepRetries', {
    functionName: lambda.ref,
    qualifier: '$LATEST',
    maximumRetryAttempts: 0,
    maximumEventAgeInSeconds: WORKER_TIMEOUT_SECONDS,
  });
  return rule;
}
