import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import type { TestBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import type { ReadyImage } from '../../src/domain/image/image.ts';
import { type ObjectKey, workingCopyKey } from '../../src/domain/image/object-key.ts';
import {
  bytesOf,
  COPY,
  colorOf,
  flat,
  jpeg,
  maintain,
  namedCopy,
  plantCopy,
  png,
  readyRecord,
  render,
  renderPath,
  storedCopies,
  upload,
} from '../renditions/copied-images.ts';
import { createS3Service } from '../services/s3-service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';

const red = await png();
const blue = await jpeg(flat(COPY, 'blue'));

const put = ({ client, name }: TestBucket, Key: ObjectKey, Body: Uint8Array) =>
  client.send(new PutObjectCommand({ Bucket: name, Key, Body }));

describe('a working copy in a bucket', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  it('is stored with the upload, whichever way it comes, and goes with the image', async () => {
    await using service = await createS3Service(server.s3);
    const grant = await service.grant({ content_type: 'image/png' });
    assert.equal(
      (await service.send(grant.upload_url, { method: 'PUT', headers: grant.headers, body: red })).status,
      200,
    );
    assert.equal((await service.request(`/images/${grant.image_id}/complete`, { method: 'POST' })).status, 200);
    const ids = [await upload(service, red), grant.image_id as ReadyImage['id']];
    for (const id of ids) {
      assert.deepEqual(await storedCopies(service, id), [workingCopyKey(id, await namedCopy(service, id))]);
      assert.equal(await colorOf(await render(service, id, { w: 300 })), 'red');
    }
    assert.deepEqual(await service.stagedFiles(), []);
    for (const id of ids) assert.equal((await service.request(`/images/${id}`, { method: 'DELETE' })).status, 200);
    assert.deepEqual(
      (await service.storedKeys()).filter((key) => !key.startsWith('incoming/')),
      [],
    );
  });

  it('is read once for a rendition, and the original is not', async () => {
    await using service = await createS3Service(server.s3);
    const id = await upload(service, red);
    await plantCopy(service, id);
    const path = await renderPath(service, id, { w: 300 });
    const before = service.proxy.calls.length;
    assert.equal(await colorOf(await bytesOf(await service.request(path))), 'blue');
    const calls = service.proxy.calls.slice(before).map(({ name }) => name);
    assert.deepEqual(
      calls,
      ['GET renditions', 'GET renditions', 'PUT renditions'],
      'the look-up, the copy, the rendition',
    );
  });

  const LOSSES: Record<string, (bucket: TestBucket, key: ObjectKey) => Promise<unknown>> = {
    'is missing': ({ client, name }, Key) => client.send(new DeleteObjectCommand({ Bucket: name, Key })),
    'has other bytes, of the same size': (bucket, key) =>
      put(
        bucket,
        key,
        blue.map((byte, index) => (index === 300 ? byte ^ 1 : byte)),
      ),
    'has fewer bytes': (bucket, key) => put(bucket, key, blue.subarray(0, 1_000)),
    'has more bytes': (bucket, key) => put(bucket, key, Buffer.concat([blue, blue])),
    'is empty': (bucket, key) => put(bucket, key, new Uint8Array()),
  };
  for (const [how, lose] of Object.entries(LOSSES))
    it(`that ${how} is replaced by the original at once, and by a new copy later`, async () => {
      await using service = await createS3Service(server.s3);
      const id = await upload(service, red);
      const { workingCopy } = await readyRecord(service, id);
      await lose(service.bucket, await plantCopy(service, id));
      assert.equal(await colorOf(await render(service, id, { w: 300 })), 'red');
      assert.equal((await readyRecord(service, id)).workingCopy, null);
      await maintain(service, id);
      assert.deepEqual(await namedCopy(service, id), workingCopy);
      assert.ok((await storedCopies(service, id)).includes(workingCopyKey(id, await namedCopy(service, id))));
      assert.deepEqual(await service.stagedFiles(), []);
    });
});
