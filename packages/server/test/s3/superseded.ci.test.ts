import assert from 'node:assert/strict';
import { it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import { createS3Service } from '../services/s3-service.ts';
import { requireRest } from './agreement.ts';

const LEASE_MS = 60_000;

const picture = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));

it('a finalizer that is superseded during its clean-up removes nothing of the ready image', {
  skip: NO_CEPH,
}, async () => {
  await using server = await s3ForTests();
  await using service = await createS3Service(server.s3);
  const grant = await service.grant();
  const { image_id: id } = grant;
  assert.equal(
    (await service.send(grant.upload_url, { method: 'PUT', headers: grant.headers, body: picture })).status,
    200,
  );
  const pending = await service.record(id);
  assert.ok(pending?.status === 'pending');
  const claim = { attempt: 'of one that died', leaseUntil: service.clock.now() };
  assert.ok(await service.services.images.replace(pending, { ...pending, claim }));

  const complete = () => service.request(`/images/${id}/complete`, { method: 'POST' });
  const held = service.proxy.hold('LIST images', 'before');
  const superseded = complete();
  await held.reached;
  service.clock.offsetMs += LEASE_MS + 1;
  assert.equal((await complete()).status, 200);
  held.release();
  await superseded; // by now it has given up its wait, or it knows the verdict
  const served = await service.request(`/images/${id}`);
  assert.deepEqual(new Uint8Array(await served.arrayBuffer()), picture);
  await requireRest(service);
});
