import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { type Arns, ROLES, statementsFor } from '../../../packages/server/src/admin/provision/permissions.ts';
import { bucketArns, tableArns } from '../../../packages/server/src/admin/provision/policies.ts';
import { EMF_METRICS } from '../../../packages/server/src/observe/telemetry/emf/emf-metrics.ts';
import { METRICS } from '../../../packages/server/src/observe/telemetry/metrics/catalog.ts';
import { loadConfig } from '../../../packages/server/src/run/config/config.ts';
import { readTemplate, resolved, type Template } from '../../../test/servers/cloudformation.ts';
import { WORKER_CONCURRENCY } from '../settings.ts';
import { TEMPLATES, templateFile } from '../templates.ts';
import { alarmFaults, faultsIn } from './faults.ts';
import { GIVEN } from './given.ts';

/** CloudFormation takes a template of so many bytes in a request, and a larger one from a bucket, as the service's. */
const MAX_BYTES = { data: 51_200, service: 1_048_576, backup: 51_200 } as const;

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
    it(`of the stack ${name} have no fault, and the size that CloudFormation takes`, () => {
      assert.deepEqual(faultsIn(readTemplate(name)), []);
      assert.ok(statSync(templateFile(name)).size <= MAX_BYTES[name]);
    });

    it(`of the stack ${name} resolve with the required parameters alone`, () => {
      const { Resources } = resolved(readTemplate(name), GIVEN[name]);
      assert.ok(Object.keys(Resources).length >= 7);
    });
  }

  it('have the same parameters of the same names', () => {
    const [data, service, backup] = TEMPLATES.map((name) => readTemplate(name).Parameters);
    for (const name of ['BucketName', 'PublicUrl', 'CorsOrigins', 'KmsKeyArn'])
      assert.deepEqual(data?.[name], service?.[name], name);
    for (const name of ['BucketName', 'KmsKeyArn']) assert.deepEqual(data?.[name], backup?.[name], name);
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
      RateLimitStore: filled('RateLimitStore', 'rediss://', ':6379'),
      GateClamd: filled('GateClamd', '', ':3310'),
    };
    for (const name of [
      'PublicUrl',
      'BucketName',
      'JwtIssuer',
      'JwtAudience',
      'RateLimitStore',
      'GateClamd',
    ] as const) {
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

describe('the options of the templates', () => {
  const withOptions = (name: 'data' | 'service', options: Readonly<Record<string, string>>) =>
    resolved(readTemplate(name), { ...GIVEN[name], parameters: { ...GIVEN[name].parameters, ...options } }).Resources;
  const ruleOf = (name: 'data' | 'service', id: string): string =>
    JSON.stringify(Object(Object(readTemplate(name))['Rules'])[id]?.Assertions?.[0]?.Assert);

  it('Versioning keeps former versions of originals for 30 days, and those of nothing else', () => {
    const states = { off: undefined, on: { Status: 'Enabled' }, suspended: { Status: 'Suspended' } };
    for (const [Versioning, configuration] of Object.entries(states)) {
      const bucket = withOptions('data', { Versioning })['Bucket']?.Properties ?? {};
      assert.deepEqual(bucket['VersioningConfiguration'], configuration);
      const days = Object(bucket['LifecycleConfiguration']).Rules.map(
        (rule: { Prefix: string; NoncurrentVersionExpiration: { NoncurrentDays: number } }) =>
          `${rule.Prefix} ${rule.NoncurrentVersionExpiration.NoncurrentDays}`,
      );
      assert.deepEqual(days, ['incoming/ 1', `images/ ${Versioning === 'on' ? 30 : 1}`, 'renditions/ 1']);
    }
  });

  it('without them functions are in no VPC, have no reserved instances, and nobody gets a budget', () => {
    const resources = withOptions('service', {});
    for (const id of ['Http', 'Worker']) {
      assert.equal(resources[id]?.Properties['VpcConfig'], undefined);
      assert.equal(resources[id]?.Properties['ReservedConcurrentExecutions'], undefined);
      assert.doesNotMatch(JSON.stringify(resources[`${id}Role`]), /ec2:/);
    }
    const { Condition } = Object(readTemplate('service').Resources['Budget']);
    assert.deepEqual(readTemplate('service').Conditions?.[Condition], {
      'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'MonthlyBudget' }, ''] }],
    });
  });

  it('a VPC has both functions, which reach Redis and clamd there, and only Lambda may connect them', () => {
    const resources = withOptions('service', {
      SubnetIds: 'subnet-0a1,subnet-0b2',
      SecurityGroupIds: 'sg-0c3',
      RateLimitStore: 'redis://redis.internal:6379/0',
      GateClamd: 'clamd.internal:3310',
    });
    for (const id of ['Http', 'Worker']) {
      const { VpcConfig, Environment } = Object(resources[id]?.Properties);
      assert.deepEqual(VpcConfig, { SubnetIds: ['subnet-0a1', 'subnet-0b2'], SecurityGroupIds: ['sg-0c3'] });
      assert.equal(Environment.Variables.GATE_CLAMD, 'clamd.internal:3310');
      const [allowed, denied] = Object(resources[`${id}Role`]?.Properties).Policies[0].PolicyDocument.Statement.slice(
        -2,
      );
      assert.deepEqual([allowed.Effect, denied.Effect], ['Allow', 'Deny']);
      assert.deepEqual(allowed.Action, denied.Action);
      assert.deepEqual(denied.Condition, {
        ArnLike: { 'lambda:SourceFunctionArn': 'arn:aws:lambda:eu-central-1:111122223333:function:*' },
      });
    }
    assert.equal(
      Object(resources['Http']?.Properties).Environment.Variables.RATE_LIMIT_STORE,
      'redis://redis.internal:6379/0',
    );
  });

  it('reserve instances: for the worker more than the queue takes', () => {
    const resources = withOptions('service', { HttpConcurrency: '50', WorkerConcurrency: '11' });
    const reserved = ['Http', 'Worker'].map((id) => resources[id]?.Properties['ReservedConcurrentExecutions']);
    assert.deepEqual(reserved, ['50', '11']);
    const { AllowedPattern } = Object(readTemplate('service').Parameters['WorkerConcurrency']);
    const isAllowed = (value: string) => new RegExp(AllowedPattern).test(value);
    assert.deepEqual(['', '11', '99', '100', '10', '1', '0', '-1', '1e3'].map(isAllowed), [
      ...[true, true, true, true],
      ...[false, false, false, false, false],
    ]);
    assert.equal(WORKER_CONCURRENCY, 10);
  });

  it('refuse half of a VPC and half of a budget, and a password that readers of functions would see', () => {
    for (const [id, one, other] of [
      ['VpcIsWhole', 'SubnetIds', 'SecurityGroupIds'],
      ['BudgetTellsSomebody', 'MonthlyBudget', 'BudgetEmail'],
    ] as const) {
      const [a, b] = [one, other].map((name) => `{"Fn::Equals":[{"Ref":"${name}"},""]}`);
      assert.equal(ruleOf('service', id), `{"Fn::Or":[{"Fn::And":[${a},${b}]},{"Fn::Not":[{"Fn::Or":[${a},${b}]}]}]}`);
    }
    const { AllowedPattern } = Object(readTemplate('service').Parameters['RateLimitStore']);
    assert.doesNotMatch('redis://user:password@redis.internal:6379', new RegExp(AllowedPattern));
  });
});

describe('the stack of backups', () => {
  const { Resources } = resolved(readTemplate('backup'), GIVEN.backup);
  const { Source, Environment } = Object(Resources['Project']?.Properties);
  const [script] = parse(Source.BuildSpec).phases.build.commands;

  it('runs each of its commands, and fails if one does', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-build-'));
    writeFileSync(join(folder.path, 'npm'), '#!/bin/sh\necho "$*"\n[ "$*" != "$FAILS" ]\n', { mode: 0o755 });
    const run = (fails: string) =>
      spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: { PATH: folder.path, TARGET: 't', FAILS: fails } });
    const all = ['backup t', 'backup verify t --sample 1000', 'backup prune t'].map((one) => `run -s admin -- ${one}`);
    for (const fails of ['', ...all]) {
      const { stdout, status } = run(fails);
      assert.deepEqual([stdout.trim().split('\n'), status], [all, fails === '' ? 0 : 1]);
    }
  });

  it('runs commands that docs/backup.md has, with settings that they accept', async () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/backup.md'), 'utf8');
    for (const one of ['backup', 'backup verify', 'backup prune']) assert.ok(page.includes(`npm run admin -- ${one} `));
    const given = Object.fromEntries(
      Environment.EnvironmentVariables.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]),
    );
    const { TARGET, ...settings } = given;
    assert.equal(TARGET, 's3://my-backups/my-images');
    const { config } = loadConfig({ ...settings, AWS_REGION: 'eu-central-1' });
    assert.deepEqual([config.s3?.bucket, config.dynamodb?.table], ['my-images', 'my-images']);
    assert.equal(config.backup.region, 'eu-west-1');
  });

  it('can change no original and remove no record, and writes to its part of the target alone', () => {
    const [{ PolicyDocument }] = Object(Resources['Role']?.Properties).Policies;
    const changing = PolicyDocument.Statement.filter(({ Action }: { Action: readonly string[] }) =>
      Action.some((one) => /^s3:(?:Put|Delete|Abort)|^dynamodb:Delete/.test(one)),
    );
    assert.deepEqual(
      changing.map(({ Resource }: { Resource: unknown }) => Resource),
      [['arn:aws:s3:::my-backups/my-images/*']],
    );
  });

  it('tells that backups fail, and that none has succeeded for 36 hours, also if there never was one', () => {
    const alarm = (id: string) => Object(Resources[`Alarm${id}`]?.Properties);
    assert.deepEqual([alarm('BackupFailed').MetricName, alarm('BackupFailed').Threshold], ['FailedBuilds', 0]);
    const { MetricName, Period, EvaluationPeriods, DatapointsToAlarm, TreatMissingData } = alarm('BackupOld');
    assert.deepEqual(
      [MetricName, Period * EvaluationPeriods, DatapointsToAlarm, TreatMissingData],
      ['SucceededBuilds', 36 * 3_600, EvaluationPeriods, 'breaching'],
    );
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
      'the rights of a VPC without one',
      'service',
      (all) => {
        const policies = Object(at(all, 'HttpRole').Properties['Policies'])[0].PolicyDocument.Statement;
        policies.push({ Sid: 'Network', Effect: 'Allow', Action: 'ec2:CreateNetworkInterface', Resource: ['*'] });
      },
      /^HttpRole: the rights of a VPC without one$/,
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
