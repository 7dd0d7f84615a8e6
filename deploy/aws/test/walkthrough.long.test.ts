import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdtempDisposable, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import {
  createTemplateCloud,
  localStores,
  startTemplateDeployment,
} from '../../../packages/server/test/lambda/template-deployment.ts';
import { NO_CLOUD } from '../../../packages/server/test/services/cloud.ts';
import { acceptanceSteps } from '../../../scripts/deploy/acceptance-steps.ts';
import { laterSteps } from '../../../scripts/deploy/later-steps.ts';
import { planSteps } from '../../../scripts/deploy/plan.ts';
import { type PlanOptions, planOptions } from '../../../scripts/deploy/plan-options.ts';
import { deploy, planText, type Step } from '../../../scripts/deploy/step.ts';
import { keyOf } from '../../../scripts/functions/zips.ts';
import { isInRun } from '../../../scripts/test-tiers.ts';
import { NO_FAUXQS } from '../../../test/servers/fauxqs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const execute = promisify(execFile);
const DOMAIN = 'd111111abcdef8.cloudfront.net';

interface Walk {
  readonly calls: readonly (readonly string[])[];
  readonly printed: string;
}

/** Runs commands as docs/deploy-aws.md says, where `aws` and `curl` are the stub. */
async function walk(script: string): Promise<Walk> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-walk-'));
  const stub = join(folder.path, 'stub-aws.mjs');
  await copyFile(join(import.meta.dirname, 'stub-aws.mjs'), stub);
  await chmod(stub, 0o755);
  for (const name of ['aws', 'curl']) await symlink(stub, join(folder.path, name));
  const calls = join(folder.path, 'calls.jsonl');
  const env = {
    ...process.env,
    PATH: `${folder.path}:${process.env['PATH']}`,
    CALLS: calls,
    DISTRIBUTION_DOMAIN: DOMAIN,
    NODE_TEST_CONTEXT: undefined, // with it the smoke test would report to this one
  };
  const { stdout, stderr } = await execute('bash', ['-euo', 'pipefail', '-c', script], {
    cwd: ROOT,
    env,
    maxBuffer: 64 * 1_048_576,
  }).catch((error: { stdout?: string; stderr?: string }) => {
    throw new Error(`the plan failed: ${error.stderr}${error.stdout?.slice(-4_000)}`);
  });
  const lines = (await readFile(calls, 'utf8')).trim().split('\n');
  return { calls: lines.map((line) => JSON.parse(line) as string[]), printed: `${stdout}${stderr}` };
}

/** What is done, in a few words. */
const wordsOf = ([program = '', ...args]: readonly string[]): string => {
  const stack = args[args.indexOf('--stack-name') + 1];
  const key = args[args.indexOf('--key') + 1];
  if (args[0] === 'cloudformation') return `${args[1]} ${stack}`;
  return args[1] === 'put-object' ? `put ${key?.replace(/-.*/, '')}` : [program, ...args.slice(0, 2)].join(' ');
};

/** The parameters of a stack after all deployments: what isn't named keeps its value. */
const valuesAfter = (calls: Walk['calls'], template: 'data' | 'service'): Readonly<Record<string, string>> =>
  Object.fromEntries(
    calls
      .filter((call) => call.includes(`deploy/aws/${template}.template.json`))
      .flatMap((call) => call.filter((one) => /^[A-Z]\w+=/.test(one)))
      .map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  );

/**
 * What belongs to a user and to an admin; the whole suite runs by this template in
 * `packages/server/test/acceptance/closed-lambda.test.ts`.
 */
const TOPIC = '--topic own --topic keys';

/** `packages/server/test/acceptance/closed-lambda.test.ts` has the cases, and other tests here the steps. */
const IN_LONG_TIER = !isInRun('long') && 'the long tier runs it';

const isOfKeys = ({ title }: Step): boolean => title.startsWith('The first keys');

/** What deploys a service of its own name, and what is done with it later. */
function deployedPlan() {
  const options = planOptions(['--stage', 'prod', '--region', 'eu-central-1'], {});
  const steps = planSteps(options);
  const [names, another, back, secret, down, forGood] = laterSteps(options);
  assert.ok(names && another && back && secret && down && forGood);
  const deployed = planText(steps.slice(0, steps.findIndex(isOfKeys)));
  return { options, steps, deployed, names, back, secret, down, forGood };
}

describe('docs/deploy-aws.md, followed with a stub of the AWS CLI', { skip: NO_CLOUD || NO_FAUXQS }, () => {
  before(() => execute('npm', ['run', 'build:functions'], { cwd: ROOT }));

  it('deploys, makes keys and passes the smoke test, without a name of its own', async () => {
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createTemplateCloud());
    const deployment = stack.use(await startTemplateDeployment(cloud));
    const options = planOptions(['--stage', 'test', '--bucket', cloud.name, '--region', cloud.queue.sqs.region], {});
    const steps = planSteps(options);
    const keysAt = steps.findIndex(isOfKeys);
    const here = Object.entries({ ...localStores(cloud), PUBLIC_URL: deployment.origin }).map(
      ([name, value]) => `export ${name}='${value}'`,
    );
    const list = 'npm run --silent admin -- keys list';
    const script = [planText(steps.slice(0, keysAt)), ...here, planText(steps.slice(keysAt)), list].join('\n');
    const { calls, printed } = await walk(script);
    assert.deepEqual(calls.map(wordsOf), [
      'aws lambda get-account-settings',
      'deploy safelight-test-data',
      'update-termination-protection safelight-test-data',
      'put safelight/http',
      'put safelight/worker',
      'deploy safelight-test-service',
      'describe-stacks safelight-test-service',
      'deploy safelight-test-data',
      'deploy safelight-test-service',
      'curl -fsS https://d111111abcdef8.cloudfront.net/health',
    ]);
    const service = calls.find((call) => wordsOf(call) === 'deploy safelight-test-service') ?? [];
    const parameter = (name: string) => service.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
    const { stdout: hash } = await execute('sh', [
      '-c',
      `printf %s ${parameter('OriginSecret')} | openssl dgst -sha256 -r | cut -d " " -f 1`,
    ]);
    assert.equal(parameter('OriginSecretSha256'), hash.trim());
    assert.match(printed, /^# pass \d\d+$|ℹ pass \d\d+$/m);
    assert.match(printed, /^# fail 0$|ℹ fail 0$/m);
    const [, expiry = ''] = /"name":"smoke-test".*"expires_at":"([^"]+)"/.exec(printed) ?? [];
    const hours = (Date.parse(expiry) - Date.now()) / 3_600_000;
    assert.ok(hours > 23 && hours <= 24, expiry);
    assert.match(printed, /^The key of the admin: safelight_\S+$/m);
    assert.ok(!printed.includes(parameter('OriginSecret')), 'nothing prints the secret');
    assert.deepEqual(deployment.failures(), []);
  });

  it('deploys with a name, a certificate and every other option', async () => {
    const options: PlanOptions = planOptions(
      [
        ...['--stage', 'prod', '--region', 'eu-central-1'],
        ...['--public-url', 'https://images.example.org'],
        ...['--certificate', 'arn:aws:acm:us-east-1:111122223333:certificate/0b2e2f1c'],
        ...['--web-acl', 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/images/0b2e2f1c'],
        ...['--alarm-topic', 'arn:aws:sns:eu-central-1:111122223333:alarms'],
        ...['--kms-key', 'arn:aws:kms:eu-central-1:111122223333:key/0b2e2f1c'],
        ...['--cors-origins', 'https://app.example.org,https://admin.example.org'],
        ...['--backup-bucket', 'my-backups', '--backup-region', 'eu-west-1'],
      ],
      {},
    );
    const steps = planSteps(options);
    const later = laterSteps(options).filter(({ title }) => /back up|backups/.test(title));
    const { calls } = await walk(
      planText([...steps.slice(0, steps.findIndex(isOfKeys)), ...steps.slice(-1), ...later]),
    );
    assert.deepEqual(calls.map(wordsOf), [
      'aws sts get-caller-identity',
      'aws lambda get-account-settings',
      'deploy safelight-prod-data',
      'update-termination-protection safelight-prod-data',
      'put safelight/http',
      'put safelight/worker',
      'deploy safelight-prod-service',
      'describe-stacks safelight-prod-service',
      'curl -fsS --retry',
      'put safelight/source',
      'deploy safelight-prod-backup',
      'describe-stacks safelight-prod-backup',
      'describe-stacks safelight-prod-backup',
      'aws codebuild start-build',
      'put safelight/source',
      'deploy safelight-prod-backup',
      'delete-stack safelight-prod-backup',
    ]);
    assert.ok(calls[2]?.includes('BucketName=safelight-prod-111122223333-eu-central-1'));
  });

  it('deploys another version, and rolls it back: the secret, the address and other settings stay', async () => {
    const options = planOptions(['--stage', 'prod', '--region', 'eu-central-1'], {});
    const steps = planSteps(options);
    const architecture = options.zips[0]?.architecture === 'arm64' ? 'x86_64' : 'arm64';
    const next: PlanOptions = {
      ...options,
      zips: options.zips.map((zip) => ({
        ...zip,
        architecture,
        key: keyOf(zip.function, architecture, '0'.repeat(64)),
      })),
    };
    const [names, another, back] = laterSteps(next);
    assert.ok(names && another && back);
    const deployed = [
      planText(steps.slice(0, steps.findIndex(isOfKeys))),
      deploy('safelight-prod-service', 'service', [
        'Auth=jwt',
        'JwtIssuer=https://issuer.example',
        'JwtAudience=images',
      ]),
    ].join('\n');
    const before = await walk(deployed);
    const first = valuesAfter(before.calls, 'service');
    assert.deepEqual([first['PublicUrl'], first['Auth']], [`https://${DOMAIN}`, 'jwt']);

    const updated = [deployed, planText([names, another])].join('\n');
    const { calls } = await walk(updated);
    const update = calls.slice(before.calls.length);
    assert.deepEqual(update.map(wordsOf), [
      'describe-stacks safelight-prod-data',
      'put safelight/http',
      'put safelight/worker',
      'deploy safelight-prod-service',
    ]);
    const code = Object.fromEntries(next.zips.map((zip) => [zip.function, zip.key]));
    assert.deepEqual(valuesAfter(update, 'service'), {
      HttpCodeKey: code['http'],
      WorkerCodeKey: code['worker'],
      Architecture: architecture,
    });

    const keys = options.zips.map((zip) => `${zip.function === 'http' ? 'HTTP' : 'WORKER'}_KEY=${zip.key}`);
    const rolledBack = valuesAfter((await walk([updated, ...keys, planText([back])].join('\n'))).calls, 'service');
    const { OriginSecret: _, OriginSecretSha256: __, ...expected } = first; // each walk makes its own
    for (const [name, value] of Object.entries(expected)) assert.equal(rolledBack[name], value, name);
    assert.equal(rolledBack['OriginSecret']?.length, 64);
  });

  it('is not deployed a second time over itself', { skip: IN_LONG_TIER }, async () => {
    const { steps, deployed } = deployedPlan();
    await assert.rejects(
      walk([deployed, planText(steps)].join('\n')),
      /safelight-prod-service exists: continue with the step that failed, or with a later one/,
    );
    const again = steps.filter(({ title }) => title.startsWith('The service'));
    await assert.rejects(
      walk([deployed, planText(again)].join('\n')),
      /the service would refuse what CloudFront sends/,
    );
  });

  it('is brought to another version, and passes the suite with keys that end', { skip: IN_LONG_TIER }, async () => {
    await using stack = new AsyncDisposableStack();
    const cloud = stack.use(await createTemplateCloud());
    const deployment = stack.use(await startTemplateDeployment(cloud));
    const options = planOptions(['--stage', 'test', '--bucket', cloud.name, '--region', cloud.queue.sqs.region], {});
    const steps = planSteps(options);
    const deployed = planText(steps.slice(0, steps.findIndex(isOfKeys)));
    const before = await walk(deployed);
    const acceptance = acceptanceSteps(options);
    const address = acceptance.findIndex(({ title }) => title === 'The address') + 1;
    const here = Object.entries({ ...localStores(cloud), GITHUB_ACTIONS: 'true' }).map(
      ([name, value]) => `export ${name}='${value}'`,
    );
    const { calls, printed } = await walk(
      [
        deployed,
        planText(acceptance.slice(0, address)),
        `echo "The address is $PUBLIC_URL"`,
        ...here,
        `PUBLIC_URL='${deployment.origin}'`,
        planText(acceptance.slice(address)).replace('acceptance -- \\\n', `acceptance -- ${TOPIC} \\\n`),
        'npm run --silent admin -- keys list',
      ].join('\n'),
    );
    assert.deepEqual(calls.slice(before.calls.length).map(wordsOf), [
      'describe-stacks safelight-test-data',
      'put safelight/http',
      'put safelight/worker',
      'deploy safelight-test-service',
      'describe-stacks safelight-test-service',
    ]);
    assert.match(printed, new RegExp(`^The address is https://${DOMAIN}$`, 'm'));
    assert.match(printed, /^(?:#|ℹ) pass \d\d+$/m);
    assert.match(printed, /^(?:#|ℹ) fail 0$/m);
    assert.equal(printed.match(/^::add-mask::safelight_\S+$/gm)?.length, 2);
    assert.equal(printed.match(/"name":"aws-acceptance".*"expires_at":"/g)?.length, 2);
    assert.deepEqual(deployment.failures(), []);
  });

  it('rolls back, replaces the secret and is deleted, each in order', async () => {
    const { options, deployed, names, back, secret, down, forGood } = deployedPlan();
    const keys = options.zips.map((zip) => `${zip.function === 'http' ? 'HTTP' : 'WORKER'}_KEY=${zip.key}`);
    const { calls } = await walk(
      [deployed, planText([names]), ...keys, planText([back, secret, down, forGood])].join('\n'),
    );
    const from = calls.findIndex((call) => call.includes('list-objects-v2'));
    assert.deepEqual(calls.slice(from - 1).map(wordsOf), [
      'describe-stacks safelight-prod-data',
      'aws s3api list-objects-v2',
      'deploy safelight-prod-service',
      'describe-stacks safelight-prod-service',
      'aws lambda get-function-configuration',
      ...Array(3).fill('deploy safelight-prod-service'),
      'delete-stack safelight-prod-service',
      'wait safelight-prod-service',
      'aws dynamodb update-table',
      'aws dynamodb wait',
      'aws dynamodb delete-table',
      'aws sqs get-queue-url',
      'aws sqs delete-queue',
      'aws sqs get-queue-url',
      'aws sqs delete-queue',
      'aws s3 rb',
      'aws s3 rb',
      'update-termination-protection safelight-prod-data',
      'delete-stack safelight-prod-data',
      'wait safelight-prod-data',
    ]);
  });

  it('is deleted again after half of it, and refuses what is out of order', { skip: IN_LONG_TIER }, async () => {
    const { deployed, names, secret, down, forGood } = deployedPlan();
    const halfDone = planText([{ ...forGood, commands: forGood.commands.slice(0, -3) }]);
    await walk([deployed, planText([names, down]), halfDone, planText([names])].join('\n')); // still knows the bucket
    await assert.rejects(
      walk([deployed, planText([names, forGood])].join('\n')),
      /expected the service to be deleted before/,
    );
    const { commands } = forGood;
    const withoutWait = planText([{ ...forGood, commands: commands.filter((one) => !one.includes('table-exists')) }]);
    await assert.rejects(
      walk([deployed, planText([names, down]), withoutWait].join('\n')),
      /the table is being updated/,
    );
    const hasty = planText([secret]).replace('$ORIGIN_SECRET_SHA256,$NEW_SHA256', '$NEW_SHA256');
    await assert.rejects(walk([deployed, hasty].join('\n')), /the service would refuse what CloudFront sends/);
  });

  it('is refused in another order, and with a wrong parameter', async () => {
    const steps = planSteps(planOptions(['--stage', 'prod', '--region', 'eu-central-1'], {}));
    const [names, , data, code, service] = steps.map((step) => planText([step]));
    await assert.rejects(
      walk([names, code].join('\n')),
      /there is no bucket safelight-prod-111122223333-eu-central-1-code/,
    );
    await assert.rejects(walk([names, data, service].join('\n')), /there is no object safelight\/http-/);
    await assert.rejects(walk([names, service].join('\n')), /expected the data stack before/);
    const wrong = data?.replace('PublicUrl="$PUBLIC_URL"', 'PublicUrl=http://images.example.org');
    await assert.rejects(walk([names, wrong].join('\n')), /the parameter PublicUrl may not be http:/);
  });
});
