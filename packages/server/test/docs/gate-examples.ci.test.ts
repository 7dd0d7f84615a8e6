import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { skipWithout } from '../../../../test/servers/installed.ts';

const EXAMPLES = join(import.meta.dirname, '../../../../examples');
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const PREVIEW = await testImage({ type: 'image/jpeg', width: 64, height: 48 });
const BODY = JSON.stringify({ type: 'image.check', preview: { data: PREVIEW.toString('base64') } });

/** What the service sends. */
function signed({ body = BODY, secret = SECRET, at = new Date() } = {}) {
  return {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
  };
}

const OTHER_SECRET = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const FORGED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no signature': {},
  "another secret's signature": signed({ secret: OTHER_SECRET }),
  'the signature of another body': signed({ body: '{}' }),
  'an old signature': signed({ at: new Date(Date.now() - 3_600_000) }),
};

describe('examples/gate-classifier.py', { skip: skipWithout('python3') }, () => {
  /** The answer of the gate with a classifier that prints this. */
  async function answer(classifier: string, headers: Readonly<Record<string, string>> = signed()) {
    await using gate = await start(classifier);
    const response = await fetch(gate.url, { method: 'POST', headers, body: BODY });
    const text = await response.text();
    return [response.status, text === '' ? null : JSON.parse(text)] as const;
  }

  const printing = (score: string): string => `sh -c 'cat > /dev/null; echo ${score}'`;

  it('passes what the classifier likes', async () => {
    assert.deepEqual(await answer(printing('0.05')), [200, { verdict: 'pass' }]);
  });

  it('refuses what it dislikes, with a reason for the uploader and another for moderators', async () => {
    const [status, told] = await answer(printing('0.93'));
    assert.deepEqual([status, told.verdict, told.private_reason], [200, 'refuse', 'score 0.93']);
    assert.match(told.reason, /^expected .+; got /);
  });

  it('leaves the others to people, and all of them without a classifier', async () => {
    assert.deepEqual(await answer(printing('0.5')), [202, null]);
    assert.deepEqual(await answer(''), [202, null]);
  });

  it('gives the picture to the classifier', async () => {
    const size = PREVIEW.length;
    assert.deepEqual(await answer(`sh -c 'test $(wc -c) = ${size} && echo 0'`), [200, { verdict: 'pass' }]);
  });

  it('fails if the classifier does, so that it is asked again', async () => {
    assert.deepEqual(await answer('false'), [500, null]);
    assert.deepEqual(await answer(printing('perhaps')), [500, null]);
  });

  for (const [what, headers] of Object.entries(FORGED))
    it(`refuses a request with ${what}`, async () => {
      assert.deepEqual(await answer(printing('0'), headers), [401, null]);
    });
});

async function start(classifier: string) {
  const child = spawn('python3', [join(EXAMPLES, 'gate-classifier.py'), '0'], {
    env: { PATH: process.env['PATH'], GATE_SECRET: SECRET, CLASSIFIER: classifier },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    url,
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

describe('examples/gate-rekognition.mjs', () => {
  let stand: Server;
  let labels: readonly object[] = [];
  let asked: { readonly Image: { readonly Bytes: string }; readonly MinConfidence: number } | undefined;
  let handler: (event: object) => Promise<{ readonly statusCode: number; readonly body?: string }>;

  before(async () => {
    // Speaks the one call of Rekognition's API that the example makes.
    stand = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      assert.equal(request.headers['x-amz-target'], 'RekognitionService.DetectModerationLabels');
      asked = JSON.parse(Buffer.concat(chunks).toString());
      response.setHeader('Content-Type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify({ ModerationLabels: labels }));
    });
    stand.listen(0, '127.0.0.1');
    await once(stand, 'listening');
    Object.assign(process.env, {
      GATE_SECRET: SECRET,
      AWS_ENDPOINT_URL_REKOGNITION: `http://127.0.0.1:${(stand.address() as AddressInfo).port}`,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    ({ handler } = await import(join(EXAMPLES, 'gate-rekognition.mjs')));
  });
  after(() => {
    stand.close();
    stand.closeAllConnections();
  });

  async function answer(found: readonly object[], headers: Readonly<Record<string, string>> = signed()) {
    labels = found;
    asked = undefined;
    const { statusCode, body } = await handler({ headers, body: BODY, isBase64Encoded: false });
    return [statusCode, body === undefined ? null : JSON.parse(body)] as const;
  }

  it('passes a picture without labels, and sends the very preview', async () => {
    assert.deepEqual(await answer([]), [200, { verdict: 'pass' }]);
    assert.deepEqual([asked?.Image.Bytes, asked?.MinConfidence], [PREVIEW.toString('base64'), 60]);
  });

  it('refuses one with a label that is sure, by the surest', async () => {
    const found = [
      { Name: 'Smoking', Confidence: 61 },
      { Name: 'Violence', Confidence: 97.4 },
    ];
    const [status, told] = await answer(found);
    assert.deepEqual([status, told.verdict, told.private_reason], [200, 'refuse', 'Violence, 97 %']);
  });

  it('leaves one with an unsure label to people', async () => {
    assert.deepEqual(await answer([{ Name: 'Smoking', Confidence: 61 }]), [202, null]);
  });

  it('reads a body in base64, as Lambda may give it', async () => {
    const body = Buffer.from(BODY).toString('base64');
    labels = [];
    assert.equal((await handler({ headers: signed(), body, isBase64Encoded: true })).statusCode, 200);
  });

  for (const [what, headers] of Object.entries(FORGED))
    it(`asks nothing for a request with ${what}`, async () => {
      assert.deepEqual(await answer([], headers), [401, null]);
      assert.equal(asked, undefined);
    });
});
