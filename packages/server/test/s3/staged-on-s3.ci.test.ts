import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { createProvisionedBucket, environmentOf } from '../services/ceph-service.ts';
import { json, post } from '../services/service.ts';
import { NO_STRACE } from '../services/system-calls.ts';
import { startTraced, type TracedService } from '../services/traced-service.ts';

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

/** The temporary files that were written, and those that were synced. */
async function stagedFiles(service: TracedService, work: () => Promise<unknown>) {
  await work();
  const { calls } = await service.callsUntil(() => true);
  const staged = calls.filter(({ file }) => file.startsWith(join(service.dataDir, 'staged')));
  return {
    written: staged.filter(({ name }) => /write/.test(name)).length,
    synced: staged.filter(({ name }) => /sync/.test(name)).length,
  };
}

describe('a file on its way to or from S3', { skip: NO_CEPH || NO_STRACE }, () => {
  it('is not synced, because nothing reads it after a crash', async () => {
    await using bucket = await createProvisionedBucket();
    await using service = await startTraced({ environment: environmentOf(bucket) });
    const { origin } = service.running;
    const { written, synced } = await stagedFiles(service, async () => {
      const upload = `${origin}/images/upload`;
      const { body } = await service.request(upload, json({ user_id: 'u', content_type: 'image/jpeg' }));
      const put = await fetch(body.upload_url, { method: 'PUT', headers: body.headers, body: picture });
      assert.equal(put.status, 200);
      await service.request(`${origin}/images/${body.image_id}/complete`, { method: 'POST' });
      const rendition = await fetch(`${origin}/images/${body.image_id}/renditions/thumb`);
      assert.equal(rendition.status, 200);
      await rendition.arrayBuffer();
      await service.request(`${upload}?user_id=u`, post(picture, 'image/jpeg')); // last, because its answer ends the trace
    });
    assert.ok(written >= 2, `${written} writes of temporary files`);
    assert.equal(synced, 0);
  });
});
