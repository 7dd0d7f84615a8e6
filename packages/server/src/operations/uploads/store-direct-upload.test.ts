import assert from 'node:assert/strict';
import { it } from 'node:test';
import { UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import type { Image } from '../../domain/image/image.ts';
import { userHashOf } from '../../domain/user/user-hash.ts';
import type { Services } from '../../services.ts';
import {
  ADA,
  createEmbeddedServices,
  createGate,
  type EmbeddedServices,
  inspectsBehind,
  jpeg,
} from '../embedded-services.fixture.ts';
import { stageDirectUpload } from './stage-direct-upload.ts';
import { storeDirectUpload } from './store-direct-upload.ts';

/** How long an Idempotency-Key is leased, and how long the record of a running upload is claimed. */
const [LEASE_MS, CLAIM_MS] = [30_000, 60_000];

/** Uploads the same bytes with the same Idempotency-Key. */
async function uploadOnce({ services }: EmbeddedServices, given: Services): Promise<Image> {
  const bytes = await jpeg();
  const payer = UNKNOWN_PAYER;
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
    externalId: null,
  });
}

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
  const slow = uploadOnce(embedded, services);
  await verifying.reached;
  clock.offsetMs = LEASE_MS;
  const put: Services['objects']['put'] = async (...asked) => {
    await storing.wait();
    return services.objects.put(...asked);
  };
  const holding = uploadOnce(embedded, { ...services, objects: { ...services.objects, put } });
  await storing.reached;
  verifying.open();
  await assert.rejects(slow, { code: 'unavailable' });
  storing.open();
  const ready = await holding;
  assert.ok(ready.status === 'ready');
  assert.deepEqual(await embedded.keys(), [ready.objectKey]);
});

it('a direct upload removes what a former one with its Idempotency-Key has stored and not published', async () => {
  using publishing = createGate();
  await using embedded = await createEmbeddedServices();
  const { services, clock } = embedded;
  const replace: Services['images']['replace'] = async (from, to) => {
    if (to.status === 'ready') await publishing.wait();
    return services.images.replace(from, to);
  };
  const slow = uploadOnce(embedded, { ...services, images: { ...services.images, replace } });
  await publishing.reached;
  clock.offsetMs = CLAIM_MS;
  const ready = await uploadOnce(embedded, services);
  assert.ok(ready.status === 'ready');
  const stored = (await embedded.keys()).filter((key) => !key.startsWith('tmp/')); // where the slow one has its bytes
  assert.deepEqual(stored, [ready.objectKey]);
  publishing.open();
  await assert.rejects(slow, { code: 'unavailable' });
  assert.deepEqual(await embedded.keys(), [ready.objectKey]);
});

it('a direct upload whose user was deleted while its body came leaves nothing', async () => {
  using verifying = createGate();
  await using embedded = await createEmbeddedServices(inspectsBehind(verifying));
  const { services } = embedded;
  const uploading = uploadOnce(embedded, services);
  await verifying.reached;
  const { userId } = ADA.principal.kind === 'user' ? ADA.principal : assert.fail();
  const key = await services.erasures.addKey('ab'.repeat(32));
  await services.erasures.add({
    id: services.newId(),
    userHash: userHashOf(key, userId),
    imageIds: [],
    erasedAt: services.clock.now(),
    blockedUntil: new Date(services.clock.now().getTime() + 3_600_000),
  });
  verifying.open();
  await assert.rejects(uploading, { code: 'user-erased' });
  assert.deepEqual(await embedded.keys(), []);
});
