import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NO_CEPH } from '../../../../test-servers/ceph.ts';
import { s3ForTests } from '../../../../test-servers/s3-for-tests.ts';
import { createS3Harness, openOptions } from './s3-harness.fixture.ts';
import { openS3ObjectStore } from './s3-open.ts';
import { MAX_BYTES, original, putBytes, somePng } from './sample-objects.fixture.ts';
import { startStoreFront } from './store-front.fixture.ts';

it('a store that takes no notice of If-Match is seen through by the entity tag of its answer', {
  skip: NO_CEPH,
}, async () => {
  await using server = await s3ForTests();
  await using harness = await createS3Harness(server.s3);
  const other = somePng();
  const asked: (string | undefined)[] = [];
  await using front = await startStoreFront({
    to: server.s3.url,
    answer({ method, headers }, outgoing) {
      if (method !== 'GET' || headers['if-match'] === undefined) return 'left';
      asked.push(headers['if-match']);
      outgoing.writeHead(200, { ETag: '"of-another"', 'Content-Length': other.length }).end(other);
      return 'answered';
    },
  });
  await using store = await openS3ObjectStore({ ...openOptions(harness.bucket), endpoint: front.url });
  const ifMatch = await putBytes(store, original(), somePng());
  assert.equal(await store.get(original(), { ifMatch }), undefined);
  assert.equal(await store.checkOut(original(), { ifMatch, maxBytes: MAX_BYTES }), undefined);
  assert.deepEqual(asked, [ifMatch, ifMatch]);
});
