import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PutBucketAclCommand } from '@aws-sdk/client-s3';
import { createBucket, type TestBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { openBucketSource } from '../../src/admin/imports/sources/bucket.ts';

const OBJECTS = 100_000;
const AT_ONCE = 32;
const LONGEST_MS = 1_800_000;
/** A page has 1,000 objects, about 1 MB with all that the SDK makes of it; all at once would be above 100 MB. */
const MAX_GROWTH_BYTES = 40_000_000;

const keyOf = (index: number): string => `u${index % 7}/${'x'.repeat(200)}/${String(index).padStart(6, '0')}.jpg`;

/** Unsigned and without the SDK, which would take most of the time. */
async function fill({ client, name, s3 }: TestBucket): Promise<void> {
  await client.send(new PutBucketAclCommand({ Bucket: name, ACL: 'public-read-write' }));
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const { hostname, port } = new URL(s3.url);
  const left = Array.from({ length: OBJECTS }, (_, index) => index).values(); // shared by the workers
  const work = async (): Promise<void> => {
    for (const index of left) {
      const asked = request({ hostname, port, agent, method: 'PUT', path: `/${name}/${keyOf(index)}` }).end('x');
      const [answer]: IncomingMessage[] = await once(asked, 'response');
      assert.equal(answer?.statusCode, 200);
      await once(answer.resume(), 'end');
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  agent.destroy();
}

it('100,000 objects are listed, each once and in order, in the memory of a few pages', {
  skip: NO_CEPH,
  timeout: LONGEST_MS,
}, async () => {
  await using server = await s3ForTests();
  const { s3 } = server;
  await using bucket = await createBucket(s3);
  await fill(bucket);

  const { region, url: endpoint } = s3;
  const place = { bucket: bucket.name, prefix: '', region, endpoint, credentials: s3, caBundle: null };
  await using source = await openBucketSource({ ...place, userOf: () => 'ada' });
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = heap();
  let [count, last, most] = [0, '', 0];
  for await (const { path } of source.entries()) {
    assert.ok(path > last, `${path} after ${last}`);
    last = path;
    count += 1;
    if (count % 5_000 === 0) most = Math.max(most, heap() - before);
  }
  assert.equal(count, OBJECTS);
  assert.ok(most < MAX_GROWTH_BYTES, `${most} bytes`);
});
