import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import type { Stack } from 'aws-cdk-lib';
import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { CfnQueue } from 'aws-cdk-lib/aws-sqs';

const FOLDER = join(import.meta.dirname, '..');
const isInstalled = existsSync(join(FOLDER, 'node_modules/aws-cdk-lib'));
const skip =
  isInstalled || process.env['CI'] ? false : 'templates are not made without the CDK: npm ci --prefix deploy/aws';

interface Report {
  readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[];
}

/** The rules that both stacks break after a change of one; undefined if CDK makes the templates. */
async function brokenRules(
  name: 'data' | 'service',
  change: (stack: Stack) => void,
): Promise<readonly string[] | undefined> {
  const { createApp } = await import('../app.ts');
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-cdk-'));
  const app = createApp(folder.path);
  change(app.node.findChild(name) as Stack);
  try {
    app.synth();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Error && /[Vv]alidation failed/.test(error.message), String(error));
    const { pluginReports } = JSON.parse(await readFile(join(folder.path, 'validation-report.json'), 'utf8')) as Report;
    return pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
  }
}

const within = <Resource>(stack: Stack, id: string) => stack.node.findChild(id) as Resource;

describe('the templates, as CDK makes them', { skip }, () => {
  it('are those that are committed, and cdk-nag finds nothing in them', async () => {
    const args = ['--conditions=safelight-source', join(FOLDER, 'synth.ts'), '--check'];
    await promisify(execFile)(process.execPath, args);
  });

  it('come from a program whose types are sound', async () => {
    const tsc = join(FOLDER, '../../node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', FOLDER]);
  });

  it('would be made again without a change', async () => {
    assert.equal(await brokenRules('data', () => undefined), undefined);
  });

  it('are not made with a public bucket', async () => {
    const broken = await brokenRules('data', (stack) => {
      within<CfnBucket>(stack, 'Bucket').publicAccessBlockConfiguration = { blockPublicAcls: false };
    });
    assert.deepEqual(broken, ['AwsSolutions-S2']);
  });

  it('are not made with an action *', async () => {
    const broken = await brokenRules('service', (stack) => {
      const Statement = [{ Effect: 'Allow', Action: 's3:*', Resource: 'arn:aws:s3:::my-images' }];
      const policyDocument = { Version: '2012-10-17', Statement };
      within<CfnRole>(stack, 'HttpRole').policies = [{ policyName: 'all', policyDocument }];
    });
    assert.deepEqual(broken, ['AwsSolutions-IAM5[Action::s3:*]']);
  });

  it('are not made with an unencrypted queue', async () => {
    const broken = await brokenRules('data', (stack) => {
      const queue = within<CfnQueue>(stack, 'Queue');
      queue.sqsManagedSseEnabled = false;
      queue.kmsMasterKeyId = undefined;
    });
    assert.deepEqual(broken, ['AwsSolutions-SQS2']);
  });

  it('are not made with an asset, for which an account would have to be prepared', async () => {
    const { Asset } = await import('aws-cdk-lib/aws-s3-assets');
    await assert.rejects(
      brokenRules('service', (stack) => void new Asset(stack, 'Asset', { path: join(FOLDER, 'names.ts') })),
      /assets/i,
    );
  });
});
