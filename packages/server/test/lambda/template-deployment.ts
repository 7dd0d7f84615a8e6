import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunction, type FunctionName } from '../../../../scripts/functions/bundle-function.ts';
import { ownArchitecture } from '../../../../scripts/functions/sharp-packages.ts';
import { zipFolder } from '../../../../scripts/functions/zip-folder.ts';
import { keyOf } from '../../../../scripts/functions/zips.ts';
import { readTemplate, resolved, type Template } from '../../../../test/servers/cloudformation.ts';
import { startDistribution } from '../../../../test/servers/cloudfront.ts';
import { type LambdaGateway, startGateway } from '../../../../test/servers/lambda-gateway.ts';
import { startLambda } from '../../../../test/servers/lambda-runtime.ts';
import { createQueue, type TestQueue } from '../../../../test/servers/queue.ts';
import { sqsForTests } from '../../../../test/servers/sqs-for-tests.ts';
import { unzip } from '../../../../test/servers/unzip.ts';
import { type Cloud, createCloud } from '../services/cloud.ts';
import { invoke, type LambdaDeployment } from './deployment.ts';

/** Bucket, table and queue with the names of the data template, which are that of the bucket. */
export interface TemplateCloud extends Cloud {
  readonly name: string;
  readonly queue: TestQueue;
}

export async function createTemplateCloud(): Promise<TemplateCloud> {
  await using stack = new AsyncDisposableStack();
  const name = `test-${randomUUID()}`;
  const cloud = stack.use(await createCloud(name));
  const { sqs } = stack.use(await sqsForTests());
  const queue = stack.use(await createQueue(sqs, { name }));
  const held = stack.move();
  return { ...cloud, name, queue, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** What the stores of the tests need besides: where they are, their keys, and what Ceph lacks. */
export const localStores = ({ bucket, table, queue }: TemplateCloud): Record<string, string> => ({
  S3_PROFILE: 'ceph',
  AWS_ENDPOINT_URL_S3: bucket.s3.url,
  AWS_ENDPOINT_URL_DYNAMODB: table.dynamo.url,
  AWS_ENDPOINT_URL_SQS: queue.sqs.url,
  AWS_REGION: bucket.s3.region,
  AWS_ACCESS_KEY_ID: bucket.s3.accessKeyId,
  AWS_SECRET_ACCESS_KEY: bucket.s3.secretAccessKey,
});

export interface TemplateDeployment extends LambdaDeployment {
  /** The origin of the HTTP API itself, which bypasses CloudFront. */
  readonly gateway: string;
  /** What CloudFront sends. */
  readonly originSecret: string;
}

/** A function of the service's template: the zip of its code, unpacked, and its settings. */
export interface TemplateFunction extends AsyncDisposable {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

/** Errors: if the template's handler, runtime or key aren't those of the zip. */
export async function unpackFunction(
  name: FunctionName,
  parametersOf: (key: string) => Template,
): Promise<TemplateFunction> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await mkdtempDisposable(join(tmpdir(), `safelight-template-${name}-`)));
  const architecture = ownArchitecture();
  if (architecture === undefined) throw new Error(`expected a machine that Lambda has; got ${process.arch}`);
  await bundleFunction(name, join(path, 'built'), architecture);
  const zip = join(path, `${name}.zip`);
  const { sha256 } = await zipFolder(join(path, 'built'), zip);
  const key = keyOf(name, architecture, sha256);
  const { Resources } = parametersOf(key);
  const { Handler, Runtime, Timeout, Code, Environment } = Object(
    Resources[name === 'http' ? 'Http' : 'Worker']?.Properties,
  );
  const expected = ['index.handler', 'nodejs24.x', key].join();
  const got = [Handler, Runtime, Code.S3Key].join();
  if (got !== expected) throw new Error(`expected ${expected} in the template; got ${got}`);
  const folder = join(path, name);
  await unzip(zip, folder);
  const held = stack.move();
  return {
    folder,
    environment: Environment.Variables,
    timeoutSeconds: Timeout,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/**
 * The service's template with the zips that `npm run build:functions` makes, behind stand-ins for CloudFront and API
 * Gateway. `settings`: in addition to the template's. The cloud outlives it.
 */
export async function startTemplateDeployment(
  cloud: TemplateCloud,
  settings: Readonly<Record<string, string>> = {},
): Promise<TemplateDeployment> {
  await using stack = new AsyncDisposableStack();
  const secret = randomBytes(32).toString('hex');
  let gateway: LambdaGateway | undefined;
  const distribution = stack.use(await startDistribution({ origin: () => gateway?.url ?? '', secret }));
  const template = (key: string): Template =>
    resolved(readTemplate('service'), {
      parameters: {
        BucketName: cloud.name,
        PublicUrl: distribution.url,
        HttpCodeKey: key,
        WorkerCodeKey: key,
        Architecture: ownArchitecture() ?? '',
        OriginSecret: secret,
        OriginSecretSha256: createHash('sha256').update(secret).digest('hex'),
      },
      region: cloud.queue.sqs.region,
      account: '000000000000',
    });
  const start = async (name: FunctionName) => {
    const { folder, environment, timeoutSeconds } = stack.use(await unpackFunction(name, template));
    const all = { ...environment, ...localStores(cloud), ...settings };
    return stack.use(startLambda({ folder, environment: all, timeoutSeconds, freezesAtRest: true }));
  };
  const [http, worker] = [await start('http'), await start('worker')];
  gateway = stack.use(await startGateway(http));
  const invokers = stack.use(await invoke(worker, { cloud, queue: cloud.queue }));
  const held = stack.move();
  return {
    cloud,
    origin: distribution.url,
    gateway: gateway.url,
    originSecret: secret,
    failures: invokers.failures,
    output: () => `${http.output()}${worker.output()}`,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
