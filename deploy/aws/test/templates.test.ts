import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { type Arns, ROLES, statementsFor } from '../../../packages/server/src/provision/permissions.ts';
import { bucketArns, tableArns } from '../../../packages/server/src/provision/policies.ts';
import { EMF_METRICS } from '../../../packages/server/src/telemetry/emf/emf-metrics.ts';
import { METRICS } from '../../../packages/server/src/telemetry/metrics/catalog.ts';
import { readTemplate, resolved, type Template } from '../../../test-servers/cloudformation.ts';
import { TEMPLATES, templateFile } from '../templates.ts';
import { alarmFaults, faultsIn } from './faults.ts';
import { GIVEN } from './given.ts';

/** CloudFormation takes a template of so many bytes in a request; a larger one must be in a bucket. */
const MAX_TEMPLATE_BYTES = 51_200;

/** A copy of a template with a change. */
function changed(name: 'data' | 'service', change: (resources: Record<string, Changeable>) => void): Template {
  const template = structuredClone(readTemplate(name));
  change(template.Resources as Record<string, Changeable>);
  return template;
}
interface Changeable {
  Type: string;
  Properties: Record<string, unknown>;
}
const at = (resources: Record<string, Changeable>, id: string): Changeable => {
  const resource = resources[id];
  assert.ok(resource, id);
  return resource;
};

/** An alarm of one metric that the functions write themselves. */
interface OwnAlarm {
  readonly Namespace?: unknown;
  readonly MetricName: string;
  readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
}

describe('the templates', () => {
  for (const name of TEMPLATES) {
    it(`of the stack ${name} have no fault, and fit into a request`, () => {
      assert.deepEqual(faultsIn(readTemplate(name)), []);
      assert.ok(statSync(templateFile(name)).size <= MAX_TEMPLATE_BYTES);
    });

    it(`of the stack ${name} resolve with the required parameters alone`, () => {
      const { Resources } = resolved(readTemplate(name), GIVEN[name]);
      assert.ok(Object.keys(Resources).length > 8);
    });
  }

  it('have the same parameters of the same names', () => {
    const [data, service] = TEMPLATES.map((name) => readTemplate(name).Parameters);
    for (const name of ['BucketName', 'PublicUrl', 'CorsOrigins', 'KmsKeyArn'])
      assert.deepEqual(data?.[name], service?.[name], name);
  });

  it('have every alarm, which tells a topic and is on the dashboard', () => {
    assert.deepEqual(alarmFaults(readTemplate('service')), []);
  });

  it('have alarms of our own metrics only with dimensions that the functions write: others never fire', () => {
    const own = Object.values(readTemplate('service').Resources)
      .map(({ Properties }) => Properties as unknown as OwnAlarm)
      .filter(({ Namespace }) => JSON.stringify(Namespace)?.includes('Safelight/'));
    assert.ok(own.length > 3);
    for (const { MetricName, Dimensions } of own) {
      const isWritten = EMF_METRICS.some(
        ({ metric, dimensions }) =>
          METRICS[metric].name === MetricName &&
          Object.keys(dimensions).length === Dimensions.length &&
          Dimensions.every(({ Name, Value }) => dimensions[Name]?.includes(Value)),
      );
      assert.ok(isWritten, `${MetricName} ${JSON.stringify(Dimensions)}`);
    }
  });

  it('have the cache of docs/caching.md, with the origin request policy that API Gateway needs', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/caching.md'), 'utf8');
    const [, block = ''] = /```yaml\n# CloudFormation\n([\s\S]*?)```/.exec(text) ?? [];
    const documented = parse(block.replaceAll(/!Ref (\w+)/g, '{ Ref: $1 }')) as Template;
    const { Resources } = readTemplate('service');
    const configOf = (template: Template['Resources'], id: string) => Object(template[id]?.Properties);
    const { Name: _, Comment: __, ...policy } = configOf(Resources, 'Pictures').CachePolicyConfig;
    const { Name: ___, ...wanted } = configOf(documented.Resources, 'Pictures').CachePolicyConfig;
    assert.deepEqual(policy, wanted);
    const [ours, theirs] = [Resources, documented.Resources].map(
      (one) => configOf(one, 'Distribution').DistributionConfig,
    );
    assert.deepEqual(ours.CustomErrorResponses, theirs.CustomErrorResponses);
    assert.deepEqual(ours.CacheTagConfig, theirs.CacheTagConfig);
    const behaviors = (config: { DefaultCacheBehavior: object; CacheBehaviors: readonly object[] }) =>
      [config.DefaultCacheBehavior, ...config.CacheBehaviors]
        .map(Object)
        .map(({ PathPattern, CachePolicyId, ViewerProtocolPolicy }) => ({
          PathPattern,
          CachePolicyId,
          ViewerProtocolPolicy,
        }));
    assert.deepEqual(behaviors(ours), behaviors(theirs));
    for (const { OriginRequestPolicyId } of [ours.DefaultCacheBehavior, ...ours.CacheBehaviors])
      assert.equal(OriginRequestPolicyId, 'b689b0a8-53d0-40ab-baf2-68738e2966ac');
  });

  it('keep the secret of the origin to CloudFront', () => {
    const template = readTemplate('service');
    assert.equal(template.Parameters['OriginSecret']?.NoEcho, true);
    const users = Object.entries(template.Resources).filter(([, one]) => /"OriginSecret"/.test(JSON.stringify(one)));
    assert.deepEqual(
      users.map(([id]) => id),
      ['Distribution'],
    );
    assert.ok(!/"OriginSecret"/.test(JSON.stringify(template.Outputs)));
  });

  it('name the API, around CloudFront, in no output', () => {
    assert.doesNotMatch(JSON.stringify(readTemplate('service').Outputs), /"Api"/);
  });

  it('create the bucket once its queue accepts messages of S3', () => {
    assert.deepEqual(readTemplate('data').Resources['Bucket']?.DependsOn, ['QueuePolicy']);
  });

  it('create the table last, because a creation that fails could not delete it', () => {
    const { Table, ...others } = readTemplate('data').Resources;
    assert.equal(Table?.Properties['DeletionProtectionEnabled'], true);
    assert.deepEqual(Table?.DependsOn?.toSorted(), Object.keys(others).toSorted());
  });

  it('have environments that Lambda takes, with every parameter at its limit', () => {
    const { Parameters } = readTemplate('service');
    const filled = (name: string, start: string, end: string): string => {
      const { MaxLength } = Object(Parameters[name]) as { MaxLength: number };
      return `${start}${'a'.repeat(MaxLength - start.length - end.length)}${end}`;
    };
    const parameters = {
      ...GIVEN.service.parameters,
      BucketName: 'a'.repeat(58),
      PublicUrl: `https://${'a'.repeat(252)}`,
      OriginSecretSha256: `${'a1'.repeat(32)},${'a1'.repeat(32)}`,
      CorsOrigins: filled('CorsOrigins', 'https://a.example,https://', '.example'),
      Auth: 'jwt,api-key',
      JwtIssuer: filled('JwtIssuer', 'https://', '/'),
      JwtAudience: filled('JwtAudience', '', ''),
    };
    for (const name of ['PublicUrl', 'BucketName', 'JwtIssuer', 'JwtAudience'] as const) {
      const { AllowedPattern } = Object(Parameters[name]) as { AllowedPattern: string };
      assert.match(parameters[name], new RegExp(AllowedPattern));
      assert.doesNotMatch(`${parameters[name]}"`, new RegExp(AllowedPattern)); // it would take two bytes
      assert.doesNotMatch(`${parameters[name]}ä`, new RegExp(AllowedPattern));
    }
    const { Resources } = resolved(readTemplate('service'), { parameters, region: 'ap-southeast-long-1' });
    for (const id of ['Http', 'Worker']) {
      const { Variables } = Object(Resources[id]?.Properties['Environment']);
      // What Lambda measures, as its error message shows ("String measured").
      assert.ok(JSON.stringify(Variables).length <= 4_096, `${id}: ${JSON.stringify(Variables).length}`);
    }
  });

  it('give each function the rights of its role, and no others', () => {
    const { Resources } = resolved(readTemplate('service'), GIVEN.service);
    const sqs = (name: string) => [`arn:aws:sqs:eu-central-1:111122223333:${name}`];
    const arns: Arns = {
      ...bucketArns('arn:aws:s3:::my-images'),
      ...tableArns('arn:aws:dynamodb:eu-central-1:111122223333:table/my-images'),
      queue: sqs('my-images'),
      'dead letters': sqs('my-images-dead-letters'),
    };
    for (const [id, role] of [
      ['Http', 'api'],
      ['Worker', 'worker'],
    ] as const) {
      assert.ok(ROLES.includes(role));
      const { Policies } = Object(Resources[`${id}Role`]?.Properties);
      assert.deepEqual(
        Policies.map((one: { PolicyDocument: { Statement: unknown } }) => one.PolicyDocument.Statement),
        [statementsFor([role], { ...arns, log: [`${id}Logs.Arn`] })],
      );
    }
    const key = 'arn:aws:kms:eu-central-1:111122223333:key/0b2e2f1c';
    const withKey = resolved(readTemplate('service'), {
      ...GIVEN.service,
      parameters: { ...GIVEN.service.parameters, KmsKeyArn: key },
    });
    const { Policies } = Object(withKey.Resources['HttpRole']?.Properties);
    const [{ PolicyDocument }] = Policies;
    assert.deepEqual(PolicyDocument.Statement.at(-1), {
      Sid: 'Key',
      Effect: 'Allow',
      Action: ['kms:GenerateDataKey', 'kms:Decrypt'],
      Resource: [key],
    });
  });
});

describe('a fault in a template is found', () => {
  const cases: readonly (readonly [
    string,
    'data' | 'service',
    (resources: Record<string, Changeable>) => void,
    RegExp,
  ])[] = [
    [
      'a public bucket',
      'data',
      (all) => {
        delete at(all, 'Bucket').Properties['PublicAccessBlockConfiguration'];
      },
      /^Bucket: public access is not blocked$/,
    ],
    [
      'a bucket with one flag off',
      'data',
      (all) => {
        Object(at(all, 'CodeBucket').Properties['PublicAccessBlockConfiguration']).BlockPublicAcls = false;
      },
      /^CodeBucket: public access is not blocked$/,
    ],
    [
      'a bucket policy for everybody',
      'data',
      (all) => {
        at(all, 'BucketPolicy').Properties['PolicyDocument'] = {
          Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'x' }],
        };
      },
      /^BucketPolicy: everybody is permitted$/,
    ],
    [
      'an action *',
      'service',
      (all) => {
        at(all, 'HttpRole').Properties['Policies'] = [
          { PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::b' }] } },
        ];
      },
      /^HttpRole: the action s3:\*$/,
    ],
    [
      'a resource *',
      'service',
      (all) => {
        at(all, 'WorkerRole').Properties['Policies'] = [
          { PolicyDocument: { Statement: [{ Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' }] } },
        ];
      },
      /^WorkerRole: the resource \*$/,
    ],
    [
      'an unencrypted queue',
      'data',
      (all) => {
        at(all, 'Queue').Properties['SqsManagedSseEnabled'] = false;
      },
      /^Queue: not encrypted$/,
    ],
    [
      'unencrypted dead letters',
      'data',
      (all) => {
        delete at(all, 'DeadLetters').Properties['SqsManagedSseEnabled'];
      },
      /^DeadLetters: not encrypted$/,
    ],
    [
      'a table that can be deleted',
      'data',
      (all) => {
        at(all, 'Table').Properties['DeletionProtectionEnabled'] = false;
      },
      /^Table: can be deleted$/,
    ],
    [
      'a log that is kept for ever',
      'service',
      (all) => {
        delete at(all, 'HttpLogs').Properties['RetentionInDays'];
      },
      /^HttpLogs: kept for ever$/,
    ],
    [
      'an asset',
      'service',
      (all) => {
        at(all, 'Http').Properties['Code'] = {
          S3Bucket: 'cdk-hnb659fds-assets-111122223333-eu-central-1',
          S3Key: 'x.zip',
        };
      },
      /^Http: its code is an asset$/,
    ],
    [
      'a custom resource',
      'data',
      (all) => {
        all['BucketNotifications'] = { Type: 'Custom::S3BucketNotifications', Properties: {} };
      },
      /^BucketNotifications: unknown type Custom::S3BucketNotifications$/,
    ],
    [
      'a secret in an environment',
      'service',
      (all) => {
        at(all, 'Worker').Properties['Environment'] = { Variables: { SECRET: { Ref: 'OriginSecret' } } };
      },
      /^Worker: a secret in its environment$/,
    ],
  ];
  for (const [name, template, change, expected] of cases) {
    it(name, () => {
      const faults = faultsIn(changed(template, change));
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', expected);
    });
  }

  it('a missing alarm, and one that tells nobody', () => {
    const without = changed('service', (all) => {
      delete all['AlarmDeadLetters'];
      delete at(all, 'AlarmQueueAge').Properties['AlarmActions'];
    });
    assert.deepEqual(alarmFaults(without), ['AlarmQueueAge: tells nobody', 'AlarmDeadLetters: missing']);
  });
});
