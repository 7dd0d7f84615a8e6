import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { createBucket } from '../../../../test/servers/bucket.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { startService } from '../services/running-service.ts';
import { createS3Service, environmentOf, type Grant, type S3Service } from '../services/s3-service.ts';
import { json } from '../services/service.ts';
import { sharedImaging } from '../services/shared-imaging.ts';
import { requireRest } from './agreement.ts';

/** In place of 5 GB, the limit of a plain grant's URL. */
const large = new Uint8Array(await testImage({ type: 'image/jpeg', width: 256, height: 256 }));
const LIMIT = { MAX_UPLOAD_BYTES: String(large.length - 1) };

const TOO_LARGE = `expected at most ${large.length - 1} bytes; got ${large.length}`;

async function arrived(service: S3Service): Promise<string> {
  const { image_id, upload_url, headers } = await service.grant();
  assert.equal((await service.send(upload_url, { method: 'PUT', headers, body: large })).status, 200);
  return image_id;
}

/** Every way in which an arrived object is found. */
const FINDERS: Record<string, (service: S3Service, id: string) => Promise<void>> = {
  async complete(service, id) {
    const response = await service.request(`/images/${id}/complete`, { method: 'POST' });
    const { code, detail } = (await response.json()) as { code: string; detail: string };
    assert.deepEqual([response.status, code, detail], [400, 'upload-too-large', TOO_LARGE]);
  },
  async read(service, id) {
    const response = await service.request(`/images/${id}`);
    assert.equal(response.status, 409);
    assert.match(await response.text(), /got status rejected: expected at most/);
  },
  async list(service) {
    assert.match(await (await service.request('/images?user_id=u')).text(), /"count":0/);
  },
  sweeper: (service) => requireRest(service),
};

describe('an object over the limit, which a plain grant accepts', { skip: NO_CEPH }, () => {
  let server: S3ForTests;
  before(async () => {
    server = await s3ForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  after(() => sharedImaging[Symbol.asyncDispose]());

  for (const [name, find] of Object.entries(FINDERS)) {
    it(`is rejected unread and deleted: found by ${name}`, async () => {
      await using service = await createS3Service(server.s3, { environment: { ...LIMIT, FINALIZE_ON_READ: 'on' } });
      const id = await arrived(service);
      const before = service.proxy.calls.length;
      await find(service, id);
      const image = await service.record(id);
      assert.deepEqual(image?.status === 'rejected' && image.rejection, {
        code: 'upload-too-large',
        detail: TOO_LARGE,
        params: { limit_bytes: large.length - 1, got_bytes: large.length },
      });
      assert.deepEqual(await service.storedKeys(), []);
      const verbs = service.proxy.calls.slice(before).map((call) => call.name.split(' ')[0]);
      assert.deepEqual(
        verbs.filter((verb) => verb === 'GET' || verb === 'COPY'),
        [],
      );
      await requireRest(service);
    });
  }

  it('is counted: a line in the log for each', async () => {
    await using bucket = await createBucket(server.s3);
    const environment = { ...environmentOf(bucket, server.s3.url), ...LIMIT, LOG_FORMAT: 'json' };
    await using service = await startService(environment);
    const asked = json({ user_id: 'u', content_type: 'image/jpeg' });
    const grant = (await (await fetch(`${service.origin}/images/upload`, asked)).json()) as Grant;
    await fetch(grant.upload_url, { method: 'PUT', headers: grant.headers, body: large });
    for (const _time of [1, 2]) await fetch(`${service.origin}/images/${grant.image_id}/complete`, { method: 'POST' });
    while (!service.output().includes('an upload was rejected')) await delay(10); // the log may come after the answer
    const lines = service.output().split('\n');
    const [line, ...more] = lines.filter((one) => one.includes('an upload was rejected'));
    const { level, event, image_id, code } = JSON.parse(line ?? '{}');
    assert.deepEqual(
      [level, event, image_id, code, more],
      [40, 'upload-rejected', grant.image_id, 'upload-too-large', []],
    );
  });
});
