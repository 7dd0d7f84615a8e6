import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { readTemplate, resolved, type Template } from '../../../../test/servers/cloudformation.ts';
import { NO_FAUXQS } from '../../../../test/servers/fauxqs.ts';
import { startInstance } from '../../../../test/servers/lambda-instance.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { keyFrom } from '../services/keys-command.ts';
import { json } from '../services/service.ts';
import {
  createTemplateCloud,
  localStores,
  startTemplateDeployment,
  type TemplateCloud,
  type TemplateDeployment,
  unpackFunction,
} from './template-deployment.ts';

const SECRET = 'a'.repeat(64);
const SECRET_SHA256 = 'ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb';

/** An event of API Gateway, from CloudFront. */
const event = (path: string, headers: Record<string, string> = {}) => ({
  version: '2.0',
  rawPath: path,
  rawQueryString: '',
  headers: { host: 'abc.execute-api.eu-central-1.amazonaws.com', 'x-forwarded-proto': 'https', ...headers },
  requestContext: {
    domainName: 'abc.execute-api.eu-central-1.amazonaws.com',
    http: { method: 'GET', sourceIp: '192.0.2.10' },
  },
  isBase64Encoded: false,
});

describe('the functions of the template', { skip: NO_CLOUD || NO_FAUXQS }, () => {
  const stack = new AsyncDisposableStack();
  let cloud: TemplateCloud;
  before(async () => {
    cloud = stack.use(await createTemplateCloud());
  });
  after(() => stack.disposeAsync());

  const template = (key: string): Template =>
    resolved(readTemplate('service'), {
      parameters: {
        BucketName: cloud.name,
        PublicUrl: 'https://images.example.org',
        HttpCodeKey: key,
        WorkerCodeKey: key,
        Architecture: 'x86_64',
        OriginSecret: SECRET,
        OriginSecretSha256: SECRET_SHA256,
      },
      region: cloud.queue.sqs.region,
      account: '000000000000',
    });

  /** With the template's environment and that of the local stores, and nothing else. */
  async function started(name: 'http' | 'worker') {
    const { folder, environment, timeoutSeconds } = stack.use(await unpackFunction(name, template));
    const all = { ...environment, ...localStores(cloud) };
    return stack.use(await startInstance({ folder, environment: all, timeoutSeconds, freezesAtRest: false }));
  }

  it('start with its environment alone: the HTTP function answers what came through CloudFront', async () => {
    const http = await started('http');
    const status = async (path: string, headers?: Record<string, string>) => {
      const outcome = await http.invoke(event(path, headers));
      assert.ok(outcome.kind === 'answered', JSON.stringify(outcome));
      return Object(outcome.result).statusCode;
    };
    const through = { 'x-origin-secret': SECRET, 'x-forwarded-for': '203.0.113.9, 192.0.2.10' };
    for (const path of ['/health', '/readyz']) {
      assert.equal(await status(path), 403);
      assert.equal(await status(path, { ...through, 'x-origin-secret': SECRET_SHA256 }), 403);
      assert.equal(await status(path, through), 200);
    }
    assert.equal(await status('/images', through), 401);
    await until(async () => /"path":"\/images"/.test(http.output()));
    assert.match(http.output(), /"path":"\/images","status":401,.*"client_address":"203\.0\.113\.9"/);
    assert.doesNotMatch(http.output(), new RegExp(`${SECRET}|"level":50`), 'no error, and no secret');
  });

  it('start with its environment alone: the worker sweeps, and takes messages', async () => {
    const worker = await started('worker');
    const sweep = await worker.invoke({ 'detail-type': 'Scheduled Event' });
    assert.equal(sweep.kind, 'answered', JSON.stringify(sweep));
    const message = {
      messageId: 'm',
      body: '{"Event":"s3:TestEvent"}',
      receiptHandle: 'r',
      attributes: { ApproximateReceiveCount: '1' },
    };
    const batch = await worker.invoke({ Records: [message] });
    assert.equal(batch.kind, 'answered', JSON.stringify(batch));
    assert.doesNotMatch(worker.output(), /"level":50/);
  });

  describe('behind CloudFront', () => {
    let deployment: TemplateDeployment;
    let authorization: Record<string, string>;
    before(async () => {
      deployment = stack.use(await startTemplateDeployment(cloud));
      const { key } = await keyFrom(process.cwd(), ['create', '--admin'], { ...cloud.environment });
      authorization = { authorization: `Bearer ${key}` };
    });

    it('refuse what goes around it, whatever its path, method and secret', async () => {
      for (const path of ['/', '/health', '/docs', '/images', '/nowhere', '/images/x/render?sig=y'])
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const { status, headers } = await fetch(`${deployment.gateway}${path}`, {
            method,
            headers: { ...authorization, 'x-origin-secret': 'guessed', origin: 'https://app.example' },
          });
          assert.deepEqual([status, headers.get('access-control-allow-origin')], [403, null], `${method} ${path}`);
        }
      const answer = await fetch(`${deployment.gateway}/images`, { headers: authorization });
      assert.equal(((await answer.json()) as { code: string }).code, 'origin-secret-required');
    });

    it("send what a viewer can't: its own secret doesn't count, nor does its X-Forwarded-For", async () => {
      const headers = { ...authorization, 'x-origin-secret': 'guessed', 'x-forwarded-for': '198.51.100.7' };
      const answer = await fetch(`${deployment.origin}/images?user_id=ada`, { headers });
      assert.equal(answer.status, 200);
      const id = answer.headers.get('x-request-id');
      const lineOf = () =>
        deployment
          .output()
          .split('\n')
          .find((one) => one.includes(String(id)) && one.endsWith('"msg":"request"}'));
      await until(async () => lineOf() !== undefined);
      const line = lineOf();
      assert.equal((JSON.parse(line ?? '{}') as { client_address: string }).client_address, '127.0.0.1');
    });

    it('give URLs of PUBLIC_URL, take an upload straight into the bucket, and serve it', async () => {
      const granted = await fetch(`${deployment.origin}/uploads`, {
        ...json({ user_id: 'ada', content_type: 'image/jpeg' }),
        headers: { ...authorization, 'content-type': 'application/json' },
      });
      assert.equal(granted.status, 201);
      const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: string; upload_url: string };
      assert.ok(url.startsWith(cloud.bucket.s3.url));
      const body = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
      assert.equal((await fetch(url, { method: 'PUT', headers: { 'content-type': 'image/jpeg' }, body })).status, 200);
      interface Shown {
        readonly status: string;
        readonly renditions?: { readonly thumb: string };
      }
      let shown: Shown | undefined;
      await until(async () => {
        const answer = await fetch(`${deployment.origin}/images/${id}/metadata?user_id=ada`, {
          headers: authorization,
        });
        shown = (await answer.json()) as Shown;
        return shown.status === 'ready';
      });
      const thumb = shown?.renditions?.thumb ?? '';
      assert.ok(thumb.startsWith(`${deployment.origin}/images/`), thumb);
      assert.equal((await fetch(thumb)).status, 200);
      assert.deepEqual(deployment.failures(), []);
    });
  });
});
