import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { putErasure } from '../../src/admin/archive/backup/erasures.ts';
import { checkRestored } from '../../src/admin/backups/check-restored.ts';
import { later, sampleKey } from '../../src/domain/access/api-keys.fixture.ts';
import { revocationOf } from '../../src/domain/access/revocation.ts';
import { sampleWebhook } from '../../src/domain/event/webhooks.fixture.ts';
import { READER } from '../../src/domain/facts/facts.ts';
import { isPublished, type StoredImage } from '../../src/domain/image/image.ts';
import type { Erasure } from '../../src/domain/user/erasure.ts';
import { userHashOf } from '../../src/domain/user/user-hash.ts';
import { sampleAlbum, sampleAlbumLink } from '../../src/records/albums/sample-albums.fixture.ts';
import { inOrder } from '../../src/records/archive/record-archive.contract.ts';
import { type ArchiveRecord, unplaced } from '../../src/records/archive/record-archive.ts';
import { storedRecords } from '../../src/records/images/arbitrary-images.fixture.ts';
import { newImageId, samplePending, samplePublished } from '../../src/records/images/sample-images.fixture.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { NO_POSTGRES_CLOUD } from '../services/postgres-service.ts';
import { backUp, createTarget, restoreFrom, type TestTarget } from './backups.ts';
import { addStored, hashOf, PLACES, recordsOf } from './place.ts';

const IMAGES = 16;
const KEY = 'e5'.repeat(32);

const erasureOf = (userId: string, imageIds: Erasure['imageIds'] = []): Erasure => ({
  id: newImageId(),
  userHash: userHashOf(KEY, userId),
  imageIds,
  erasedAt: later(1),
  blockedUntil: later(60),
});

/** What a restore changes. */
const comparable = (record: ArchiveRecord): ArchiveRecord => {
  if (record.kind === 'webhook')
    return {
      ...record,
      webhook: { ...record.webhook, paused: { why: record.webhook.paused?.why ?? 'restored', at: later(1) } },
    };
  if (record.kind !== 'image') return record;
  const { image, ...rest } = record;
  const again = { maintainAt: null, workingCopy: null };
  if (image.status === 'held') {
    const screening = { ...image.screening, askAt: later(1), deadline: later(1) };
    const former = image.former && { ...image.former, ...again };
    return { ...rest, image: { ...image, objectTag: null, screening, former } };
  }
  if (image.status === 'trashed') return { ...rest, image: { ...image, objectTag: null, ...again } };
  if (image.status !== 'ready') return record;
  return { ...rest, image: { ...image, objectTag: null, ...again, filteredBy: [] } }; // the names of the place
};

const KEPT = fc.sample(storedRecords, { numRuns: IMAGES, seed: 45 });

const OTHERS: readonly ArchiveRecord[] = [
  { kind: 'album', album: { ...sampleAlbum(), links: [sampleAlbumLink()] } },
  { kind: 'key', key: sampleKey() },
  { kind: 'limits', userId: 'a#%23', limits: { bytes: 1, images: null, pending: 0 } },
  { kind: 'token-count', tokenId: 'a#%23', used: 7, forgetAt: later(100) },
  { kind: 'revocation', revocation: revocationOf({ userId: 'a#%23', tokenId: null }, later(1)) },
  { kind: 'revocation', revocation: revocationOf({ userId: null, tokenId: 'v1' }, later(2)) },
  { kind: 'webhook', webhook: unplaced(sampleWebhook({ userId: 'ada' })) },
  { kind: 'erasure-key', key: KEY },
  { kind: 'erasure', erasure: erasureOf('gone before') },
];

/** Everything of the target comes back, and equals what was backed up. */
async function requireRestored(
  target: TestTarget,
  services: SoleArchiveServices,
  { kept, others, erased }: { kept: readonly StoredImage[]; others: readonly ArchiveRecord[]; erased: number },
): Promise<void> {
  const { report, backup, erased: forbidden } = await restoreFrom(target, services);
  assert.deepEqual(report, {
    images: IMAGES,
    bytes: kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    alreadyThere: 0,
    albums: 1,
    keys: 1,
    limits: 1,
    tokenCounts: 1,
    webhooks: 1,
    erasures: 2,
    erased,
    leftOut: 0,
    unread: kept.filter((image) => isPublished(image) && (image.facts?.reader ?? 0) < READER).length,
    secret: 'none',
    foreignErasures: 0,
    kept: [],
    keptCount: 0,
    damaged: [],
    damagedCount: 0,
    withoutExternalId: [],
    withoutExternalIdCount: 0,
    unknown: [],
  });
  const expected = [...kept.map((image, n): ArchiveRecord => ({ ...KEPT[n], kind: 'image', image })), ...others];
  const found = await recordsOf(services);
  assert.ok(found.every((one) => one.kind !== 'webhook' || one.webhook.paused?.why === 'restored'));
  assert.deepEqual(inOrder(found.map(comparable)), inOrder(expected.map(comparable)));
  for (const image of kept) assert.equal(await hashOf(services, image), image.sha256);
  assert.deepEqual(await checkRestored(services, { backup, erased: forbidden }), {
    intact: IMAGES,
    faults: [],
    faultCount: 0,
  });
  const images = { ...services.images, details: async () => null };
  const { faults } = await checkRestored({ ...services, images }, { backup, erased: forbidden });
  const lost = KEPT.filter(({ details }) => details);
  assert.deepEqual(
    faults.toSorted(),
    lost.map(({ image }) => `image ${image.id}: expected its details as in the backup; got others`).toSorted(),
  );
}

describe('a restore', { skip: NO_CLOUD || NO_POSTGRES_CLOUD }, () => {
  it('from SQLite and disk into PostgreSQL and S3, DynamoDB and S3, and back, has every record, field by field, and every byte', async () => {
    await using first = await PLACES['SQLite and disk']();
    await using targets = new AsyncDisposableStack();
    let target = targets.use(await createTarget());
    const kept: StoredImage[] = [];
    {
      await using composition = await first.open();
      const { services } = composition;
      for (const { image, details } of KEPT) kept.push(await addStored(services, image, undefined, details));
      await addStored(services, samplePublished(samplePending({ userId: 'gone after' })));
      for (const record of OTHERS) assert.equal(await services.archive.put(record), true);
      await services.archive.put({ kind: 'image', image: samplePending() });
      const { manifest, faults } = await backUp(services, target);
      assert.deepEqual([manifest.counts.images, faults], [IMAGES + 1, []]);
    }
    const erasure = erasureOf('gone after');
    await putErasure(target.target, { erasure, key: KEY });
    const others = [...OTHERS, { kind: 'erasure' as const, erasure }];

    let erased = 1;
    for (const kind of ['PostgreSQL and S3', 'DynamoDB and S3', 'DynamoDB and S3', 'SQLite and disk'] as const) {
      await using place = await PLACES[kind]();
      await using composition = await place.open();
      const { services } = composition;
      await requireRestored(target, services, { kept, others, erased });
      if (kind !== 'SQLite and disk') await requireTags(services, kept);
      erased = 0; // the next backup doesn't have them
      target = targets.use(await createTarget());
      await backUp(services, target);
    }
  });
});

/** Those of the place's own store. */
async function requireTags({ images, objects }: SoleArchiveServices, kept: readonly StoredImage[]): Promise<void> {
  for (const { id } of kept) {
    const image = await images.get(id);
    assert.ok(image && 'objectKey' in image);
    const head = await objects.head(image.objectKey);
    assert.equal(image.objectTag, head?.entityTag);
  }
}
