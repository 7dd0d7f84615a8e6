import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { TemplateName } from '../../deploy/aws/templates.ts';
import { readTemplate } from '../../test/servers/cloudformation.ts';
import { laterSteps } from './later-steps.ts';
import { planScript, planSteps } from './plan.ts';
import { type PlanOptions, planOptions } from './plan-options.ts';
import { planText } from './step.ts';

const ZIPS = (['http', 'worker'] as const).map((name) => ({
  function: name,
  architecture: 'arm64' as const,
  file: `${name}-arm64.zip`,
  bytes: 1,
  sha256: '0'.repeat(64),
  key: `safelight/${name}-arm64-0000000000000000.zip`,
}));
const LEAST: PlanOptions = { stage: 'prod', region: 'eu-central-1', zips: ZIPS };
const MOST: PlanOptions = {
  ...LEAST,
  bucket: 'my-images',
  publicUrl: 'https://images.example.org',
  certificateArn: 'arn:aws:acm:us-east-1:111122223333:certificate/0b2e2f1c',
  webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/images/0b2e2f1c',
  alarmTopicArn: 'arn:aws:sns:eu-central-1:111122223333:alarms',
  kmsKeyArn: 'arn:aws:kms:eu-central-1:111122223333:key/0b2e2f1c',
  corsOrigins: 'https://app.example.org,https://admin.example.org',
  backups: { bucket: 'my-backups', region: 'eu-west-1' },
};

/** `template NAME` and the parameters of each deployment. */
const deploymentsIn = (text: string) =>
  [
    ...text.matchAll(
      /aws cloudformation deploy \\\n[\s\S]*?--template-file deploy\/aws\/(\w+)\.template\.json[\s\S]*?--parameter-overrides ([\s\S]*?[^\\])(?:\n|$)/g,
    ),
  ].map(([, template = '', parameters = '']) => ({
    template: template as TemplateName,
    given: Object.fromEntries(
      [...parameters.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    ),
  }));

describe('the plan of a deployment', () => {
  for (const [name, options] of Object.entries({ least: LEAST, most: MOST })) {
    it(`gives each template what it requires, and nothing that it lacks (${name})`, () => {
      const seen = new Set<string>();
      const later = laterSteps(options).filter(({ title }) => options.backups || !title.startsWith('To back up'));
      const deployments = deploymentsIn(planText([...planSteps(options), ...later]));
      assert.ok(deployments.length >= 6);
      for (const { template, given } of deployments) {
        const { Parameters } = readTemplate(template);
        for (const one of Object.keys(given)) assert.ok(one in Parameters, `${template} has no parameter ${one}`);
        const required = Object.keys(Parameters).filter((one) => Parameters[one]?.Default === undefined);
        if (!seen.has(template)) for (const one of required) assert.ok(one in given, `${template} requires ${one}`);
        seen.add(template);
      }
      assert.deepEqual([...seen], options.backups ? ['data', 'service', 'backup'] : ['data', 'service']);
    });
  }

  it('gives both templates the same values of what they share', () => {
    const [data, service] = deploymentsIn(planText(planSteps(MOST)));
    for (const name of ['BucketName', 'PublicUrl', 'CorsOrigins', 'KmsKeyArn'])
      assert.ok(data?.given[name] !== undefined && data.given[name] === service?.given[name], name);
  });

  it('gives values that the templates accept', () => {
    for (const { template, given } of deploymentsIn(planText(planSteps(MOST)))) {
      for (const [name, value] of Object.entries(given).filter(([, one]) => !one.includes('$'))) {
        const { AllowedPattern = '', AllowedValues } = Object(readTemplate(template).Parameters[name]);
        assert.match(value, new RegExp(AllowedPattern), name);
        if (AllowedValues) assert.ok(AllowedValues.includes(value), name);
      }
    }
  });

  it('has the steps that docs/deploy-aws.md explains, in this order', () => {
    const text = readFileSync(join(import.meta.dirname, '../../docs/deploy-aws.md'), 'utf8');
    const places = [planSteps(MOST), planSteps(LEAST), laterSteps(LEAST).slice(1)].map((steps) =>
      steps.map(({ title }) => {
        const at = text.indexOf(`${title} |`);
        assert.notEqual(at, -1, title);
        return at;
      }),
    );
    for (const one of places)
      assert.deepEqual(
        one,
        one.toSorted((a, b) => a - b),
      );
  });

  it('is a script of bash that skips the later steps, with comments that open no quote of another shell', () => {
    for (const options of [LEAST, MOST]) {
      const script = planScript(options);
      execFileSync('bash', ['-n'], { input: script });
      const [now, later] = script.split(": <<'LATER'");
      assert.match(now ?? '', /aws cloudformation deploy/);
      assert.doesNotMatch(now ?? '', /delete-table/);
      assert.match(later ?? '', /aws dynamodb delete-table[\s\S]*\nLATER$/);
      const comments = script.split('\n').filter((line) => line.startsWith('#'));
      assert.ok(comments.length > 10);
      for (const line of comments) assert.doesNotMatch(line, /['"`]/);
      assert.doesNotMatch(script, /^set -/m);
    }
  });

  it('has the names of the stage and of the bucket', () => {
    const text = planText(planSteps({ ...LEAST, stage: 'test-2' }));
    assert.match(text, /^BUCKET=safelight-test-2-\$ACCOUNT-eu-central-1$/m);
    assert.match(text, /--stack-name safelight-test-2-data /);
    assert.match(planText(planSteps(MOST)), /^BUCKET=my-images$/m);
  });
});

describe('scripts/plan-deploy.ts', () => {
  const region = { AWS_REGION: 'eu-central-1' };
  using folder = mkdtempDisposableSync(join(tmpdir(), 'safelight-plan-'));
  const zips = join(folder.path, 'zips.json');

  it('needs the zips', () => {
    const read = () => planOptions(['--stage', 'prod'], region, join(tmpdir(), 'safelight-none.json'));
    assert.throws(
      read,
      /^Error: expected the zips of the functions in dist\/lambda; got none: run npm run build:functions$/,
    );
  });

  for (const [args, expected] of [
    [[], /^Error: expected --stage 1 to 20 .*; got none$/],
    [['--stage', ''], /expected --stage .*; got ""$/],
    [['--stage', 'a'.repeat(21)], /expected --stage /],
    [['--stage', 'a;rm -rf /'], /expected --stage /],
    [['--stage', 'Prod'], /expected --stage /],
    [['--stage', 'p', '--bucket', 'ab'], /expected --bucket 3 to 58 /],
    [['--stage', 'p', '--bucket', 'a'.repeat(59)], /expected --bucket 3 to 58 /],
    [['--stage', 'p', '--bucket', 'a.b.c'], /expected --bucket 3 to 58 /],
    [
      ['--stage', 'a'.repeat(20), '--region', 'ap-southeast-long-1'],
      /expected --bucket, or a shorter --stage: .* 58 characters; got 63$/,
    ],
    [['--stage', 'p', '--region', 'Frankfurt'], /expected --region or AWS_REGION|expected --region a region/],
    [['--stage', 'p', '--public-url', 'https://a.example'], /expected --public-url and --certificate together/],
    [['--stage', 'p', '--public-url', 'http://a.example'], /expected --public-url https/],
    [['--stage', 'p', '--public-url', 'https://a.example/$(id)'], /expected --public-url https/],
    [['--stage', 'p', '--certificate', 'arn:aws:acm:eu-central-1:111122223333:certificate/0'], /in us-east-1; got/],
    [['--stage', 'p', '--cors-origins', 'https://a.example, https://b.example'], /expected --cors-origins /],
    [['--stage', 'p', '--alarm-topic', 'alarms'], /expected --alarm-topic the ARN of a topic/],
    [['--stage', 'p', '--kms-key', 'alias/mine'], /expected --kms-key the ARN of a key/],
    [
      ['--stage', 'p', '--cors-origins', Array(101).fill('https://a.example.org').join()],
      /expected --cors-origins with up to 1950 characters; got 2221$/,
    ],
    [
      ['--stage', 'p', '--alarm-topic', 'arn:aws:sns:us-east-1:111122223333:alarms'],
      /expected --alarm-topic in the region eu-central-1; got arn:aws:sns:us-east-1:/,
    ],
    [
      ['--stage', 'p', '--kms-key', 'arn:aws:kms:eu-west-1:111122223333:key/0b2e2f1c'],
      /expected --kms-key in the region eu-central-1; got arn:aws:kms:eu-west-1:/,
    ],
    [['--stage', 'p', '--backup-bucket', 's3://b'], /expected --backup-bucket 3 to 58 /],
    [['--stage', 'p', '--backup-region', 'Ireland'], /expected --backup-region a region/],
    [['--stage', 'p', '--unknown', 'x'], /Unknown option '--unknown'/],
  ] as const) {
    it(`refuses ${JSON.stringify(args).slice(0, 100)}`, () => {
      assert.throws(() => planOptions(args, region, zips), expected);
    });
  }

  it('takes names at their limits', () => {
    using place = mkdtempDisposableSync(join(tmpdir(), 'safelight-plan-'));
    const file = join(place.path, 'zips.json');
    writeFileSync(file, JSON.stringify(ZIPS));
    for (const bucket of ['abc', 'a'.repeat(58)]) {
      const options = planOptions(['--stage', 'a'.repeat(20), '--bucket', bucket], region, file);
      assert.deepEqual([options.bucket, options.zips], [bucket, ZIPS]);
    }
    for (const longest of ['ap-southeast-1', 'us-isob-east-1'])
      assert.equal(planOptions(['--stage', 'a'.repeat(20), '--region', longest], {}, file).bucket, undefined);
    assert.throws(() => planOptions(['--stage', 'p'], {}, file), /expected --region or AWS_REGION, .*; got none$/);
  });
});
