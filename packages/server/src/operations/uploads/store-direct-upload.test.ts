import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import type { Services } from '../../services.ts';
import { ADA, createEmbeddedServices, createGate, inspectsBehind, jpeg } from '../embedded-services.fixture.ts';
import { stageDirectUpload } from './stage-direct-upload.ts';
import { storeDirectUpload } from './store-direct-upload.ts';

const LEASE_MS = 30_000;

it('a direct upload that lost its Idempotency-Key leaves the record to the new holder', async () => {
  using verifying = createGate();
  using storing = createGate();
  let isFirst = true;
  await using embedded = await createEmbeddedServices((imaging) => ({
    ...imaging,
    inspect(...asked) {
      const behind = isFirst ? inspectsBehind(verifying)(imaging) : imaging;
      isFirst = false;
      return behind.inspect(...asked);
    },
  }));
  const { services, clock } = embedded;
  const bytes = await jpeg();
  const payer = UNKNOWN_PAYER;
  const upload = async (given: Services) => {
    const body = new Blob([bytes]).stream();
    await using file = await stageDirectUpload(services, ADA, { body, payer, announcedBytes: bytes.length });
    return await storeDirectUpload(given, ADA, {
      contentType: 'image/jpeg',
      file,
      idempotencyKey: 'one',
      client: { payer, signal: new AbortController().signal },
      filename: 'ada.jpg',
      tags: [],
      description: null,
      metadata: {},
      visibility: 'private',
    });
  };
  const slow = upload(services);
  await verifying.reached;
  clock.offsetMs = LEASE_MS;
  const put: Services['objects']['put'] = async (...asked) => {
    await storing.wait();
    return services.objects.put(...asked);
  };
  const holding = upload({ ...services, objects: { ...services.objects, put } });
  await storing.reached;
  verifying.open();
  await assert.rejects(slow, { code: 'unavailable' });
  storing.open();
  const ready = await holding;
  assert.ok(ready.status === 'ready');
  assert.deepEqual(await embedded.keys(), [ready.objectKey]);
});
