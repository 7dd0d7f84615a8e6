import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { MAX_RECEIVES } from '../../packages/server/src/jobs/sqs/attributes.ts';
import { answers } from './answers.ts';
import { NO_FAUXQS, startFauxqs } from './fauxqs.ts';
import { createPathWithoutCeph } from './path-without-ceph.fixture.ts';
import { createQueue, type TestQueue } from './queue.ts';
import { askSharedServers, TEST_SERVERS_URL } from './shared-servers.ts';
import { type SqsForTests, sqsForTests } from './sqs-for-tests.ts';
import { startByHand } from './started-by-hand.fixture.ts';

const LOOK_EVERY_MS = 20;

/** The body of a message that can be received now. */
async function receiveFrom({ client }: TestQueue, QueueUrl: string): Promise<string | undefined> {
  const { Messages } = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }));
  return Messages?.[0]?.Body;
}

describe('fauxqs', { skip: NO_FAUXQS }, () => {
  let server: SqsForTests;
  before(async () => {
    server = await sqsForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  it('keeps a message in the queue of one test, and removes the queue after the test', async () => {
    const queue = await createQueue(server.sqs);
    await using other = await createQueue(server.sqs);
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'hello' }));
    assert.equal(await receiveFrom(queue, other.url), undefined);
    assert.equal(await receiveFrom(queue, queue.url), 'hello');
    const asked = new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] });
    await queue.client.send(asked);
    await queue[Symbol.asyncDispose]();
    await assert.rejects(other.client.send(asked), { name: 'QueueDoesNotExist' });
    const gone = new GetQueueAttributesCommand({ QueueUrl: queue.deadLetterUrl, AttributeNames: ['All'] });
    await assert.rejects(other.client.send(gone), { name: 'QueueDoesNotExist' });
  });

  it('moves a message that was received too often to the dead letter queue', async () => {
    await using queue = await createQueue(server.sqs, { attributes: { VisibilityTimeout: '0' } });
    await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'poison' }));
    let receptions = 0;
    while ((await receiveFrom(queue, queue.url)) !== undefined) receptions += 1;
    assert.equal(receptions, MAX_RECEIVES);
    assert.equal(await receiveFrom(queue, queue.deadLetterUrl), 'poison');
  });

  it('listens on loopback only', async () => {
    const { port } = new URL(server.sqs.url);
    const others = Object.values(networkInterfaces()).flatMap((one = []) =>
      one.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address),
    );
    for (const address of [...others, '127.0.0.2']) {
      assert.equal(await answers(`http://${address}:${port}/health`), false, address);
    }
    assert.equal(await answers(`${server.sqs.url}/health`), true);
  });

  it('runs beside another server, and leaves no file', async () => {
    const [one, other] = await Promise.all([startFauxqs(), startFauxqs()]);
    await createQueue(one.sqs);
    const client = new SQSClient({ endpoint: other.sqs.url, region: other.sqs.region, credentials: other.sqs });
    assert.equal((await client.send(new ListQueuesCommand())).QueueUrls?.length ?? 0, 0);
    client.destroy();
    assert.equal(await other.stop('passed'), undefined);
    assert.deepEqual([existsSync(one.folder), existsSync(other.folder)], [true, false]);
    assert.equal(await answers(`${other.sqs.url}/health`), false);
    await one[Symbol.asyncDispose]();
  });

  it('prints an environment for SDKs if started by hand, and ends on Ctrl-C', async () => {
    await using path = await createPathWithoutCeph();
    await using started = await startByHand({ PATH: path.path });
    const { process: child, folders, environment } = started;
    const client = new SQSClient({
      endpoint: environment.get('AWS_ENDPOINT_URL_SQS') ?? '',
      region: environment.get('AWS_REGION') ?? '',
      credentials: {
        accessKeyId: environment.get('AWS_ACCESS_KEY_ID') ?? '',
        secretAccessKey: environment.get('AWS_SECRET_ACCESS_KEY') ?? '',
      },
    });
    await client.send(new ReceiveMessageCommand({ QueueUrl: environment.get('SQS_QUEUE_URL'), WaitTimeSeconds: 0 }));
    client.destroy();
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.equal(existsSync(folders.fauxqs), false);
  });

  it('ends when the process that started it is killed', async ({ signal }) => {
    await using path = await createPathWithoutCeph();
    await using started = await startByHand({ PATH: path.path });
    const { url } = await askSharedServers(started.environment.get(TEST_SERVERS_URL) ?? '', 'sqs');
    assert.equal(await answers(`${url}/health`), true);
    started.process.kill('SIGKILL');
    while (await answers(`${url}/health`)) await wait(LOOK_EVERY_MS, undefined, { signal });
  });
});
