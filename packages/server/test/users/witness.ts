import assert from 'node:assert/strict';
import { sampleKey } from '../../src/domain/access/api-keys.fixture.ts';
import { sampleDetails } from '../../src/domain/facts/facts.fixture.ts';
import type { StoredImage } from '../../src/domain/image/image.ts';
import { renditionKey } from '../../src/domain/image/object-key.ts';
import type { ArchiveRecord } from '../../src/records/archive/record-archive.ts';
import { newImageId, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { addStored, hashOf, recordsOf } from '../backups/place.ts';
import { put } from './person.ts';

/** Another user, of whom a deletion must touch nothing. */
export interface Witness {
  /** Fails if a record or a byte differs from what it was. */
  requireIntact(services: SoleArchiveServices): Promise<void>;
  /** Fails if a record or a byte differs in a restored place, which has no renditions. */
  requireRestored(services: SoleArchiveServices): Promise<void>;
}

/** What a running service leaves alone: images that are ready, their renditions, a key and limits. */
export async function addWitness(services: SoleArchiveServices, userId: string): Promise<Witness> {
  const images: StoredImage[] = [];
  for (let n = 0; n < 3; n += 1) {
    const image = await addStored(
      services,
      samplePublished(samplePending({ id: newImageId(), userId })),
      undefined,
      sampleDetails,
    );
    await put(services, renditionKey(image.id, 'preset', 'thumb'), Buffer.from(`a rendition of ${image.id}`));
    images.push(image);
  }
  await services.archive.put({ kind: 'key', key: sampleKey({ owner: userId }) });
  await services.usage.setLimits(userId, { bytes: 1_000_000, images: null, pending: null });
  const recordsNow = async (place: SoleArchiveServices) =>
    (await recordsOf(place)).filter((record) => isOf(record, userId)).toSorted(byText);
  const before = await recordsNow(services);
  assert.equal(before.length, 5);
  async function requireRestored(place: SoleArchiveServices): Promise<void> {
    assert.deepEqual(await recordsNow(place), before);
    for (const image of images) assert.equal(await hashOf(place, image), image.sha256);
    assert.equal((await place.usage.usageOf(userId)).usage.images, images.length);
  }
  return {
    requireRestored,
    async requireIntact(place) {
      await requireRestored(place);
      for (const { id } of images) assert.ok(await place.objects.head(renditionKey(id, 'preset', 'thumb')));
    },
  };
}

const isOf = (record: ArchiveRecord, userId: string): boolean =>
  (record.kind === 'image' && record.image.userId === userId) ||
  (record.kind === 'key' && record.key.owner === userId) ||
  (record.kind === 'limits' && record.userId === userId);

const byText = (one: ArchiveRecord, other: ArchiveRecord): number =>
  JSON.stringify(one) < JSON.stringify(other) ? -1 : 1;
