import assert from 'node:assert/strict';
import { it } from 'node:test';
import { NO_CEPH } from '../../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../../test/servers/s3-for-tests.ts';
import { MAX_BYTES, original, putBytes, somePng } from '../sample-objects.fixture.ts';
import { createS3Harness, openOptions, openStore } from './s3-harness.fixture.ts';
import { startStoreFront } from './store-front.fixture.ts';

it('a store that ignores If-Match is detected by the entity tag of its response', {
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
  await using opened = await openStore({ ...openOptions(harness.bucket), endpoint: front.url });
  const { store } = opened;
  const ifMatch = await putBytes(opened, original(), somePng());
  assert.equal(await store.get(original(), { ifMatch }), undefined);
  assert.equal(await store.checkOut(original(), { ifMatch, maxBytes: MAX_BYTES }), undefined);
  assert.deepEqual(asked, [ifMatch, ifMatch]);
});

it('a store that resumes a cut body with another object is detected', {
  skip: NO_CEPH,
}, async () => {
  await using server = await s3ForTests();
  await using harness = await createS3Harness(server.s3);
  const [own, other] = [somePng(), somePng()];
  let entityTag = '';
  await using front = await startStoreFront({
    to: server.s3.url,
    answer({ method, headers }, outgoing) {
      if (method !== 'GET' || !entityTag) return 'left';
      const start = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      if (start === 0) {
        outgoing.writeHead(200, { ETag: entityTag, 'Content-Length': own.length });
        outgoing.write(own.subarray(0, 10), () => outgoing.destroy());
      } else {
        const range = `bytes ${start}-${own.length - 1}/${own.length}`;
        outgoing.writeHead(206, { ETag: '"of-another"', 'Content-Range': range, 'Content-Length': own.length - start });
        outgoing.end(Buffer.alloc(own.length - start, other));
      }
      return 'answered';
    },
  });
  await using opened = await openStore({ ...openOptions(harness.bucket), endpoint: front.url });
  const { store } = opened;
  entityTag = (await putBytes(opened, original(), own)) ?? '';
  const asked = store.checkOut(original(), { maxBytes: MAX_BYTES });
  await assert.rejects(asked, { code: 'unavailable', message: /expected the rest of .+; got "of-another"/ });
});

it('a weak entity tag is ignored, since reads with it would always fail', { skip: NO_CEPH }, async () => {
  await using server = await s3ForTests();
  await using harness = await createS3Harness(server.s3);
  const own = somePng();
  let isWeak = false;
  await using front = await startStoreFront({
    to: server.s3.url,
    answer(incoming, outgoing) {
      if (!isWeak) return 'left';
      incoming.resume();
      outgoing.writeHead(200, { ETag: 'W/"weak"' }).end(incoming.method === 'GET' ? own : undefined);
      return 'answered';
    },
  });
  await using opened = await openStore({ ...openOptions(harness.bucket), endpoint: front.url });
  const { store } = opened;
  isWeak = true;
  assert.equal(await putBytes(opened, original(), own), null);
  await using file = await store.checkOut(original(), { maxBytes: MAX_BYTES });
  assert.equal(file?.entityTag, null);
});
