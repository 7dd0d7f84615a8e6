import assert from 'node:assert/strict';
import { copyFile, mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { NO_FAUXQS } from './fauxqs.ts';
import { bringBatch } from './lambda-event-source.ts';
import { startLambda } from './lambda-runtime.ts';
import { createQueue } from './queue.ts';
import { type SqsForTests, sqsForTests } from './sqs-for-tests.ts';

const FUNCTION = join(import.meta.dirname, 'lambda-function.fixture.mjs');

describe('the stand-in for an event source mapping', { skip: NO_FAUXQS }, () => {
  let server: SqsForTests;
  before(async () => {
    server = await sqsForTests();
  });
  after(() => server[Symbol.asyncDispose]());

  /** Sends these, and returns for two batches the delivered and the kept messages. */
  const bring = async (...bodies: string[]) => {
    await using queue = await createQueue(server.sqs);
    await using folder = await mkdtempDisposable(join(tmpdir(), 'lambda-'));
    await copyFile(FUNCTION, join(folder.path, 'index.mjs'));
    await using lambda = startLambda({ folder: folder.path, environment: {} });
    for (const body of bodies) {
      await queue.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
    }
    const one = async () => {
      const { records, left, outcome } = await bringBatch(
        { queue, to: lambda },
        { waitSeconds: 0, visibilitySeconds: 0 },
      );
      return {
        came: records.map(({ body }) => body).toSorted(),
        left: left.map(({ body }) => body).toSorted(),
        kind: outcome?.kind,
      };
    };
    return [await one(), await one()] as const;
  };

  it('deletes the messages that the function completed, and keeps those that it reports as failed', async () => {
    const [first, second] = await bring('a', 'again', 'b');
    assert.deepEqual(first, { came: ['a', 'again', 'b'], left: ['again'], kind: 'answered' });
    assert.deepEqual(second, { came: ['again'], left: ['again'], kind: 'answered' });
  });

  it('keeps all messages of a batch if the function fails', async () => {
    const [first, second] = await bring('a', 'throw');
    assert.deepEqual(first, { came: ['a', 'throw'], left: ['a', 'throw'], kind: 'failed' });
    assert.deepEqual(second, first);
  });

  it('does not invoke the function without messages', async () => {
    const [first] = await bring();
    assert.deepEqual(first, { came: [], left: [], kind: undefined });
  });
});
