import { type App, Aws, CfnOutput, CfnRule, Fn, Stack } from 'aws-cdk-lib';
import type { Arns } from '../../../packages/server/src/admin/provision/permissions.ts';
import { bucketArns, tableArns } from '../../../packages/server/src/admin/provision/policies.ts';
import { ARCHITECTURES } from '../../../scripts/functions/sharp-packages.ts';
import { ARNS, MAX_LENGTHS, metricsNamespace, namesAfter } from '../names.ts';
import { HTTP_TIMEOUT_SECONDS, WORKER_CONCURRENCY, WORKER_TIMEOUT_SECONDS } from '../settings.ts';
import { acknowledge } from './acknowledge.ts';
import { alarmsOf, createAlarms, type Watched } from './alarms.ts';
import { createBudget } from './budget.ts';
import { createDashboard } from './dashboard.ts';
import { createDistribution } from './distribution.ts';
import { environments } from './environments.ts';
import { connectQueue, createFunction, scheduleSweeps } from './functions.ts';
import { createHttpApi } from './http-api.ts';
import { bucketName, corsOrigins, isGiven, kmsKeyArn, numberParameter, parameter, publicUrl } from './parameters.ts';
import { stackProps } from './stack-props.ts';

const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288, 3_653,
];

/** What can be deleted and made again: functions, API, CloudFront, alarms. Its logs go with it. */
export class ServiceStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id, {
      ...stackProps(),
      description: 'Safelight, the service: two functions, an HTTP API behind CloudFront, alarms and a dashboard.',
    });
    const given = parametersOf(this);
    requireIssuer(this, given);
    requireBoth(this, 'VpcIsWhole', ['SubnetIds', given.subnetIds], ['SecurityGroupIds', given.securityGroupIds]);
    requireBoth(
      this,
      'BudgetTellsSomebody',
      ['MonthlyBudget', given.monthlyBudget],
      ['BudgetEmail', given.budgetEmail],
    );
    const names = namesAfter(given.bucket);
    const queue = this.formatArn({ service: 'sqs', resource: names.queue });
    const arns: Arns = {
      ...bucketArns(`arn:${Aws.PARTITION}:s3:::${names.bucket}`),
      ...tableArns(this.formatArn({ service: 'dynamodb', resource: 'table', resourceName: names.table })),
      queue: [queue],
      'dead letters': [this.formatArn({ service: 'sqs', resource: names.deadLetterQueue })],
    };
    const environment = environments(this, given, names);
    const hasKey = isGiven(this, 'HasKmsKey', given.kmsKeyArn);
    const network = {
      condition: isGiven(this, 'HasVpc', given.subnetIds),
      subnetIds: given.subnetIds,
      securityGroupIds: given.securityGroupIds,
    };
    const common = {
      network,
      codeBucket: names.codeBucket,
      architecture: given.architecture,
      logDays: given.logDays,
      key: { condition: hasKey, arn: given.kmsKeyArn },
    };
    const http = createFunction(this, 'Http', {
      ...common,
      name: 'http',
      codeKey: given.httpCodeKey,
      environment: environment.http,
      role: 'api',
      concurrency: given.httpConcurrency,
      arns,
      timeoutSeconds: HTTP_TIMEOUT_SECONDS,
    });
    const worker = createFunction(this, 'Worker', {
      ...common,
      name: 'worker',
      codeKey: given.workerCodeKey,
      environment: environment.worker,
      role: 'worker',
      concurrency: given.workerConcurrency,
      arns,
      timeoutSeconds: WORKER_TIMEOUT_SECONDS,
    });
    connectQueue(this, worker, queue);
    const rule = scheduleSweeps(this, worker);
    const api = createHttpApi(this, { to: http, logDays: given.logDays, requestsPerSecond: given.requestsPerSecond });
    const distribution = createDistribution(this, { originDomain: api.domainName, ...given });

    const watched: Watched = {
      http: http.lambda.ref,
      worker: worker.lambda.ref,
      api: api.api.ref,
      queue: names.queue,
      deadLetterQueue: names.deadLetterQueue,
      table: names.table,
      sweepRule: rule.ref,
      namespace: metricsNamespace(Aws.STACK_NAME),
    };
    acknowledge(
      this,
      'CloudFormation-Validate::W2509',
      'OriginSecretSha256 is the hash of a secret of 256 random bits.',
    );
    createBudget(this, given);
    createDashboard(this, watched, createAlarms(this, alarmsOf(watched), given.alarmTopicArn));
    new CfnOutput(this, 'DistributionDomainName', { value: distribution.attrDomainName });
    new CfnOutput(this, 'DistributionId', { value: distribution.ref });
    new CfnOutput(this, 'HttpFunctionName', { value: http.lambda.ref });
    new CfnOutput(this, 'WorkerFunctionName', { value: worker.lambda.ref });
  }
}

export type Given = ReturnType<typeof parametersOf>;

/** Before anything is made: without an issuer and an audience the function would not start. */
function requireIssuer(stack: Stack, { auth, jwtIssuer, jwtAudience }: Given): void {
  const assertDescription = 'Auth with jwt needs JwtIssuer and JwtAudience';
  new CfnRule(stack, 'TokensHaveAnIssuer', {
    ruleCondition: Fn.conditionNot(Fn.conditionEquals(auth, 'api-key')),
    assertions: [jwtIssuer, jwtAudience].map((given) => ({
      assert: Fn.conditionNot(Fn.conditionEquals(given, '')),
      assertDescription,
    })),
  });
}

type NamedValue = readonly [name: string, value: string];

function requireBoth(stack: Stack, id: string, ...both: readonly [NamedValue, NamedValue]): void {
  const isEmpty = ([, value]: NamedValue) => Fn.conditionEquals(value, '');
  new CfnRule(stack, id, {
    assertions: [
      {
        assert: Fn.conditionOr(
          Fn.conditionAnd(...both.map(isEmpty)),
          Fn.conditionNot(Fn.conditionOr(...both.map(isEmpty))),
        ),
        assertDescription: `${both.map(([name]) => name).join(' and ')} need each other`,
      },
    ],
  });
}

function parametersOf(stack: Stack) {
  const zipKey = (name: string) => ({
    description: `The key of the zip of the function ${name} in the bucket for code. An earlier key rolls back.`,
    allowedPattern: '^safelight/[A-Za-z0-9._-]{1,200}$',
    constraintDescription: 'as scripts/plan-deploy.ts prints it: safelight/NAME-ARCHITECTURE-HASH.zip',
  });
  /** Each character takes one byte of the environment. */
  const ascii = (maxLength: number) => ({
    default: '',
    maxLength,
    allowedPattern: '^[ !#-\\[\\]-~]*$',
    constraintDescription: 'printable ASCII characters, without quotes and backslashes',
  });
  const orNothing = (pattern: string) => `^(?:${pattern})?$`;
  const listOf = (pattern: string) => ({
    default: '',
    allowedPattern: orNothing(`${pattern}(?:,${pattern}){0,15}`),
    constraintDescription: 'up to 16 ids, separated by commas without spaces, or nothing',
  });
  return {
    bucket: bucketName(stack),
    publicUrl: publicUrl(stack),
    corsOrigins: corsOrigins(stack),
    kmsKeyArn: kmsKeyArn(stack),
    httpCodeKey: parameter(stack, 'HttpCodeKey', zipKey('http')),
    workerCodeKey: parameter(stack, 'WorkerCodeKey', zipKey('worker')),
    architecture: parameter(stack, 'Architecture', {
      description: 'What the zips were built for.',
      allowedValues: Object.keys(ARCHITECTURES),
    }),
    originSecret: parameter(stack, 'OriginSecret', {
      description: 'What CloudFront sends to the API with each request: the output of openssl rand -hex 32.',
      noEcho: true,
      allowedPattern: '^[0-9a-f]{64}$',
      constraintDescription: '64 hexadecimal digits',
    }),
    originSecretSha256: parameter(stack, 'OriginSecretSha256', {
      description:
        'The SHA-256 of the secret in hexadecimal digits; while it is replaced, a comma and that of the former one.',
      allowedPattern: '^[0-9a-f]{64}(?:,[0-9a-f]{64})?$',
      constraintDescription: '64 hexadecimal digits, or twice as many with a comma between them',
    }),
    auth: parameter(stack, 'Auth', {
      description: 'AUTH. With jwt, JwtIssuer and JwtAudience are required.',
      default: 'api-key',
      allowedValues: ['api-key', 'jwt', 'jwt,api-key'],
    }),
    jwtIssuer: parameter(stack, 'JwtIssuer', { description: 'JWT_ISSUER', ...ascii(MAX_LENGTHS.jwtIssuer) }),
    jwtAudience: parameter(stack, 'JwtAudience', { description: 'JWT_AUDIENCE', ...ascii(MAX_LENGTHS.jwtAudience) }),
    events: parameter(stack, 'Events', { description: 'EVENTS', default: 'off', allowedValues: ['off', 'on'] }),
    rateLimitStore: parameter(stack, 'RateLimitStore', {
      description: 'RATE_LIMIT_STORE: Redis in the VPC. Without a password, which readers of functions would see.',
      default: '',
      maxLength: MAX_LENGTHS.rateLimitStore,
      allowedPattern: orNothing('rediss?://[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[0-9]{1,2})?'),
      constraintDescription: 'redis://HOST:PORT or rediss://HOST:PORT, without a user and a password, or nothing',
    }),
    gateClamd: parameter(stack, 'GateClamd', {
      description: "GATE_CLAMD: ClamAV's daemon in the VPC.",
      default: '',
      maxLength: MAX_LENGTHS.gateClamd,
      allowedPattern: orNothing('[a-z0-9.-]+:[0-9]{1,5}'),
      constraintDescription: 'HOST:PORT, or nothing',
    }),
    subnetIds: parameter(stack, 'SubnetIds', {
      description:
        'Subnets for the functions, with a route to all that they call: see docs/deploy-aws.md. Empty: no VPC.',
      ...listOf('subnet-[0-9a-f]+'),
    }),
    securityGroupIds: parameter(stack, 'SecurityGroupIds', {
      description: 'Security groups of the functions in these subnets.',
      ...listOf('sg-[0-9a-f]+'),
    }),
    httpConcurrency: parameter(stack, 'HttpConcurrency', {
      description: 'Instances that are reserved for the HTTP function, and its limit. Empty: what the account has.',
      default: '',
      allowedPattern: orNothing('[1-9][0-9]{0,4}'),
      constraintDescription: 'a whole number, or nothing',
    }),
    workerConcurrency: parameter(stack, 'WorkerConcurrency', {
      description: `The same for the worker: more than the queue may take (${WORKER_CONCURRENCY}), since sweeps need one.`,
      default: '',
      allowedPattern: orNothing('1[1-9]|[2-9][0-9]|[1-9][0-9]{2,4}'),
      constraintDescription: `a whole number above ${WORKER_CONCURRENCY}, or nothing`,
    }),
    monthlyBudget: parameter(stack, 'MonthlyBudget', {
      description:
        'US dollars a month of the whole account, of which BudgetEmail is told at 80 %, and if it is to be exceeded. Empty: none.',
      default: '',
      allowedPattern: orNothing('[1-9][0-9]{0,6}'),
      constraintDescription: 'a whole number, or nothing',
    }),
    budgetEmail: parameter(stack, 'BudgetEmail', {
      description: 'Who is told.',
      default: '',
      maxLength: 50,
      allowedPattern: orNothing('[^@, ]+@[^@, ]+'),
      constraintDescription: 'one address of e-mail, or nothing',
    }),
    certificateArn: parameter(stack, 'CertificateArn', {
      description:
        "A certificate of ACM in us-east-1 for the host of PublicUrl. Empty: CloudFront's own name and certificate.",
      default: '',
      allowedPattern: orNothing(ARNS.certificate),
      constraintDescription: 'the ARN of a certificate in us-east-1, or nothing',
    }),
    webAclArn: parameter(stack, 'WebAclArn', {
      description: 'A web ACL of AWS WAF for CloudFront, which is of us-east-1. Empty: none.',
      default: '',
      allowedPattern: orNothing(ARNS.webAcl),
      constraintDescription: 'the ARN of a web ACL in us-east-1, or nothing',
    }),
    alarmTopicArn: parameter(stack, 'AlarmTopicArn', {
      description: 'The SNS topic that the alarms tell. Empty: none.',
      default: '',
      allowedPattern: orNothing(ARNS.topic),
      constraintDescription: 'the ARN of a topic in this region, or nothing',
    }),
    requestsPerSecond: numberParameter(stack, 'RequestsPerSecond', {
      description: 'Of all callers together; further ones get a 429 by the gateway.',
      default: 1_000,
      minValue: 1,
    }),
    logDays: numberParameter(stack, 'LogRetentionDays', {
      description: 'How long logs are kept, in days.',
      default: '30',
      allowedValues: RETENTION_DAYS.map(String),
    }),
  };
}
