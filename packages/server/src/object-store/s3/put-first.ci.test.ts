import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { after, describe, it } from 'node:test';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { describePutFirst } from '../put-first.contract.ts';
import { getBytes, image, inChunks, MAX_BYTES, original, sha256, somePng } from '../sample-objects.fixture.ts';
import { S3_PROFILES } from './capabilities.ts';
import { createS3Harness, type OpenedStore, openOptions, openStore } from './s3-harness.fixture.ts';
import { type StoreFrontOptions, sendS3Error, startStoreFront, storeAndCut } from './store-front.fixture.ts';

const CONFLICT = { status: 409, code: 'ConditionalRequestConflict' };

describe('putFirst of S3 (Ceph)', { skip: NO_CEPH }, async () => {
  const server = s3ForTests();
  after(async () => (await server)[Symbol.asyncDispose]());

  const lacks = [...S3_PROFILES.ceph, 'conditional-writes'] as const;
  describePutFirst('S3 without conditional writes', async () => createS3Harness((await server).s3, { lacks }), {
    lacks,
  });

  /** A store whose conditional PUTs pass `answer` first. */
  async function createFronted(answer: NonNullable<StoreFrontOptions['answer']>) {
    await using stack = new AsyncDisposableStack();
    const { s3 } = await server;
    const harness = stack.use(await createS3Harness(s3));
    const puts: IncomingMessage[] = [];
    const front = stack.use(
      await startStoreFront({
        to: s3.url,
        answer(incoming, outgoing) {
          if (incoming.method !== 'PUT' || incoming.headers['if-none-match'] !== '*') return 'left';
          puts.push(incoming);
          return answer(incoming, outgoing);
        },
      }),
    );
    const opened = stack.use(await openStore({ ...openOptions(harness.bucket), endpoint: front.url }));
    const held = stack.move();
    return { ...opened, puts, url: s3.url, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }

  async function putFirst({ store, staging }: OpenedStore, bytes: Uint8Array): Promise<boolean> {
    await using file = await staging.stage(inChunks(bytes), { maxBytes: MAX_BYTES });
    return (await store.putFirst(original(), file, image)) !== undefined;
  }

  it('sends a checksum with every body, whether received or created locally', async () => {
    await using fronted = await createFronted(() => 'left');
    const { store, staging, puts } = fronted;
    const all = [somePng(), somePng(300_000), somePng(1_100_000)];
    for (const [place, bytes] of all.entries()) {
      await using received = await staging.stage(inChunks(bytes), { maxBytes: bytes.length });
      const [made] = await staging.stageFiles(1, async () => [new Uint8Array(bytes)]);
      assert(made);
      for (const [at, file] of [received, made].entries()) {
        assert(await store.putFirst(original(2 * place + at), file, image));
        const checksum = Buffer.from(sha256(bytes), 'hex').toString('base64');
        assert.equal(puts.at(-1)?.headers['x-amz-checksum-sha256'], checksum);
      }
      await made[Symbol.asyncDispose]();
    }
  });

  it('retries while another write is in progress', async () => {
    let conflicts = 2;
    await using fronted = await createFronted((incoming, outgoing) => {
      if (conflicts === 0) return 'left';
      conflicts -= 1;
      incoming.resume();
      return sendS3Error(outgoing, CONFLICT);
    });
    const bytes = somePng(300_000);
    assert.equal(await putFirst(fronted, bytes), true);
    assert.equal(fronted.puts.length, 3);
    assert.deepEqual(await getBytes(fronted.store, original()), bytes);
  });

  it('is unavailable if the other write never ends', async () => {
    await using fronted = await createFronted((incoming, outgoing) => {
      incoming.resume();
      return sendS3Error(outgoing, CONFLICT);
    });
    await assert.rejects(putFirst(fronted, somePng()), {
      code: 'unavailable',
      detail: 'expected the store to answer; got 409 ConditionalRequestConflict',
    });
    assert.equal(fronted.puts.length, 3);
    assert.equal(await fronted.store.head(original()), undefined);
  });

  it('returns undefined for its own bytes if the response to them was lost', async () => {
    await using fronted = await createFronted((incoming, outgoing) => {
      if (fronted.puts.length > 1) return 'left';
      return storeAndCut(incoming, outgoing, fronted.url);
    });
    const bytes = somePng();
    assert.equal(await putFirst(fronted, bytes), false);
    assert.equal(fronted.puts.length, 2);
    assert.deepEqual(await getBytes(fronted.store, original()), bytes);
  });
});
