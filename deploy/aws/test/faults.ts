import type { Template, TemplateResource } from '../../../test/servers/cloudformation.ts';

/** What every template must have, whoever wrote it: a line for each fault. */
export function faultsIn(template: Template): string[] {
  const resources = Object.entries(template.Resources);
  return [
    ...parametersFaults(template),
    ...resources.flatMap(([id, resource]) =>
      [...kindFaults(resource), ...(OF_TYPE[resource.Type]?.(resource, template) ?? [])].map(
        (fault) => `${id}: ${fault}`,
      ),
    ),
  ];
}

/** The kinds that our templates have. A custom resource is a function of its own with rights of its own. */
const TYPES = [
  'AWS::ApiGatewayV2::Api',
  'AWS::ApiGatewayV2::Integration',
  'AWS::ApiGatewayV2::Route',
  'AWS::ApiGatewayV2::Stage',
  'AWS::Budgets::Budget',
  'AWS::CloudFront::CachePolicy',
  'AWS::CloudFront::Distribution',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::CodeBuild::Project',
  'AWS::DynamoDB::Table',
  'AWS::Events::Rule',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
];

const kindFaults = ({ Type }: TemplateResource): string[] => (TYPES.includes(Type) ? [] : [`unknown type ${Type}`]);

/** CDK's parameters of assets and of the bootstrap. */
const parametersFaults = ({ Parameters }: Template): string[] =>
  Object.keys(Parameters)
    .filter((name) => /asset|bootstrap/i.test(name))
    .map((name) => `${name}: a parameter of CDK`);

type Check = (resource: TemplateResource, template: Template) => string[];
const unless = (isRight: unknown, fault: string): string[] => (isRight ? [] : [fault]);

interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
}

const OF_TYPE: Readonly<Record<string, Check>> = {
  'AWS::S3::Bucket': ({
    Properties: { PublicAccessBlockConfiguration: block, BucketEncryption: encryption, ...rest },
    ...resource
  }) => [
    ...unless(
      Object.values(Object(block)).length === 4 && Object.values(Object(block)).every((flag) => flag === true),
      'public access is not blocked',
    ),
    ...unless(encryption, 'not encrypted'),
    ...unless(/BucketOwnerEnforced/.test(JSON.stringify(rest['OwnershipControls'] ?? '')), 'ACLs count'),
    ...keptFaults(resource),
  ],
  'AWS::SQS::Queue': ({ Properties, ...resource }, template) => [
    ...unless(isEncryptedQueue(Properties, template), 'not encrypted'),
    ...keptFaults(resource),
  ],
  'AWS::DynamoDB::Table': ({ Properties, ...resource }) => [
    ...unless(Properties['DeletionProtectionEnabled'] === true, 'can be deleted'),
    ...unless(
      /true/.test(JSON.stringify(Properties['PointInTimeRecoverySpecification'] ?? '')),
      'no point-in-time recovery',
    ),
    ...keptFaults(resource),
  ],
  'AWS::IAM::Role': ({ Properties: { Policies, AssumeRolePolicyDocument } }) => [
    ...statementsIn(Policies).flatMap(wildcards),
    ...unless(
      /"Service":"(?:lambda|codebuild|events)\.amazonaws\.com"/.test(JSON.stringify(AssumeRolePolicyDocument)),
      'others than a service of AWS may take it',
    ),
    ...unless(hasNetworkOnlyInVpc(Policies), 'the rights of a VPC without one'),
  ],
  'AWS::S3::BucketPolicy': ({ Properties: { PolicyDocument } }) => publicGrants(PolicyDocument),
  'AWS::SQS::QueuePolicy': ({ Properties: { PolicyDocument } }) => publicGrants(PolicyDocument),
  'AWS::Logs::LogGroup': ({ Properties }) => unless(Properties['RetentionInDays'], 'kept for ever'),
  'AWS::Lambda::Function': ({ Properties: { Code, Environment } }) => [
    ...unless(!/Assets|cdk-/i.test(JSON.stringify(Code)), 'its code is an asset'),
    ...unless(!/"OriginSecret"|SECRET_KEY/.test(JSON.stringify(Environment ?? '')), 'a secret in its environment'),
  ],
};

function isEncryptedQueue(properties: TemplateResource['Properties'], { Conditions = {} }: Template): boolean {
  const [managed, key] = [properties['SqsManagedSseEnabled'], properties['KmsMasterKeyId']].map(
    (value) => JSON.stringify(value) ?? '',
  );
  return (
    'HasKmsKey' in Conditions &&
    managed === '{"Fn::If":["HasKmsKey",{"Ref":"AWS::NoValue"},true]}' &&
    key === '{"Fn::If":["HasKmsKey",{"Ref":"KmsKeyArn"},{"Ref":"AWS::NoValue"}]}'
  );
}

const keptFaults = ({ DeletionPolicy, UpdateReplacePolicy }: Omit<TemplateResource, 'Properties'>): string[] =>
  unless(DeletionPolicy === 'RetainExceptOnCreate' && UpdateReplacePolicy === 'Retain', 'deleted with the stack');

/** Also those that depend on a condition. */
function statementsIn(value: unknown): Statement[] {
  if (typeof value !== 'object' || value === null) return [];
  return 'Effect' in value ? [value as unknown as Statement] : Object.values(value).flatMap(statementsIn);
}

/**
 * The network of a VPC has no ARN that a template could know, so its statement depends on the VPC, and a denial keeps
 * code from it.
 */
const isNetwork = ({ Sid }: Statement): boolean => /^Network(?:ByLambdaOnly)?$/.test(Sid ?? '');
const hasNetworkOnlyInVpc = (policies: unknown): boolean =>
  statementsIn(policies).filter(isNetwork).length ===
  2 * (JSON.stringify(policies).match(/"Fn::If":\["HasVpc",\{"Sid":"Network"/g)?.length ?? 0);

const wildcards = ({ Action, Resource, ...rest }: Statement): string[] => [
  ...[Action]
    .flat()
    .filter((action) => action.includes('*'))
    .map((action) => `the action ${action}`),
  ...unless(![Resource].flat().includes('*') || isNetwork({ Action, Resource, ...rest }), 'the resource *'),
];

const publicGrants = (policy: unknown): string[] =>
  statementsIn(policy)
    .filter(({ Effect, Principal }) => Effect === 'Allow' && /"\*"/.test(JSON.stringify(Principal)))
    .map(() => 'everybody is permitted');

/** The alarms that a service is handed over with. */
export const ALARMS = [
  'HttpErrors',
  'HttpThrottles',
  'WorkerErrors',
  'WorkerThrottles',
  'Sweeps',
  'FailedSweeps',
  'ServerErrors',
  'QueueAge',
  'DeadLetters',
  'TableThrottles',
  'SlowGrants',
  'SlowRenditions',
  'LateRecovery',
  'Faults',
] as const;

/** The alarm faults of the service's template: an alarm that is missing, notifies nobody, or isn't on the dashboard. */
export function alarmFaults({ Resources }: Template): string[] {
  const dashboard = JSON.stringify(Resources['Dashboard'] ?? '');
  return ALARMS.flatMap((name) => {
    const alarm = Resources[`Alarm${name}`];
    if (alarm?.Type !== 'AWS::CloudWatch::Alarm') return [`Alarm${name}: missing`];
    return [
      ...unless(
        /AlarmTopicArn/.test(JSON.stringify(alarm.Properties['AlarmActions'] ?? '')),
        `Alarm${name}: tells nobody`,
      ),
      ...unless(dashboard.includes(`"Alarm${name}"`), `Alarm${name}: not on the dashboard`),
    ];
  });
}
