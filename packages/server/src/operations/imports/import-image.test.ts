import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AppError } from '../../domain/errors.ts';
import { parseAskedClock } from '../../domain/facts/asked-clock.ts';
import { tombstone } from '../../domain/image/image.ts';
import { createdAt } from '../../domain/image/image-id.ts';
import { userHashOf } from '../../domain/user/user-hash.ts';
import type { Services } from '../../services.ts';
import { createEmbeddedServices, jpeg } from '../embedded-services.fixture.ts';
import { type ImportedImage, type ImportOutcome, importImage } from './import-image.ts';
import { importKey } from './import-key.ts';

const AT = new Date('2012-03-04T05:06:07.008Z');
const IMAGE: ImportedImage = {
  ...{ source: 'folder:/photos', path: 'a.jpg', at: AT, id: null, userId: 'ada', contentType: null },
  description: {
    ...{ filename: 'a.jpg', tags: ['sea'], description: 'Waves', metadata: { roll: 7 } },
    ...{ visibility: 'private', externalId: 'A17' },
  },
  ...{ focalPoint: { x: 0.25, y: 0.5 }, corrections: {}, formerId: null },
};
const TAKEN = parseAskedClock('2010-01-02T03:04:05');
const { signal } = new AbortController();

async function* chunked(bytes: Uint8Array, size = 100): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function take(
  services: Services,
  image: ImportedImage = IMAGE,
  bytes: Uint8Array | null = null,
): Promise<ImportOutcome> {
  const found = bytes ?? (await jpeg());
  return importImage(services, image, async () => chunked(found), { key: await importKey(services), signal });
}

const never = (): never => assert.fail('read');

describe('importing an image', () => {
  it('stores it with the time and the words of its source', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const image = { ...IMAGE, corrections: { takenAt: TAKEN }, formerId: FORMER };
    const outcome = await take(services, image);
    assert.ok(outcome.outcome === 'imported');
    assert.equal(outcome.status, 'ready');
    const record = await embedded.record({ id: outcome.imageId });
    assert.ok(record.status === 'ready');
    assert.deepEqual(createdAt(record.id), AT);
    const { filename, tags, description, metadata, visibility, externalId } = record;
    assert.deepEqual({ filename, tags, description, metadata, visibility, externalId }, IMAGE.description);
    assert.deepEqual(
      [record.userId, record.uploadedBy, record.contentType, record.focalPoint, record.formerId],
      ['ada', null, 'image/jpeg', IMAGE.focalPoint, FORMER],
    );
    assert.equal(record.facts?.takenByHand, TAKEN);
    assert.equal((await services.images.findByFormerId(FORMER))?.id, record.id);
  });

  it('knows one that is there, reads nothing of it, and changes nothing, also once it was deleted', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const first = await take(services);
    assert.ok(first.outcome === 'imported');
    const key = await importKey(services);
    const again = () => importImage(services, IMAGE, never, { key, signal });
    assert.deepEqual(await again(), { ...first, outcome: 'known' });
    const record = await embedded.record({ id: first.imageId });
    assert.equal(record.revision, 2);
    assert.ok(record.status === 'ready');
    assert.equal(await services.images.replace(record, tombstone(record, services.clock.now())), true);
    assert.deepEqual(await again(), { outcome: 'known', imageId: record.id, status: 'deleted' });
  });

  it('is done once by ten at the same time', async () => {
    await using embedded = await createEmbeddedServices();
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => take(embedded.services)));
    const imported = outcomes.filter(({ outcome }) => outcome === 'imported');
    assert.ok(imported.length >= 1);
    assert.ok(outcomes.every(({ outcome }) => outcome !== 'refused'));
    assert.equal((await embedded.keys()).filter((path) => path.startsWith('images/')).length, 1);
    assert.equal((await embedded.services.images.published(9)).images.length, 1);
  });

  it('refuses what is no sound picture, and leaves nothing of it', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const sound = await jpeg();
    const codeOf = async (image: Partial<ImportedImage>, bytes: Uint8Array): Promise<string> => {
      const outcome = await take(services, { ...IMAGE, ...image }, bytes);
      return outcome.outcome === 'refused' ? outcome.code : outcome.outcome;
    };
    assert.equal(await codeOf({}, new Uint8Array()), 'empty-upload');
    assert.equal(await codeOf({}, new TextEncoder().encode('no picture')), 'unsupported-type');
    assert.equal(await codeOf({}, new TextEncoder().encode('%PDF-1.7')), 'unsupported-type');
    assert.equal(await codeOf({}, sound.subarray(0, sound.length / 2)), 'unreadable-image');
    assert.equal(await codeOf({ contentType: 'image/png' }, sound), 'type-mismatch');
    const key = await importKey(services);
    assert.deepEqual(await importImage(services, IMAGE, async () => undefined, { key, signal }), {
      ...{ outcome: 'refused', code: 'upload-missing', detail: 'expected its bytes in the source; got none' },
    });
    const large = { ...services, settings: { ...services.settings, maxUploadBytes: sound.length - 1 } };
    const tooLarge = await take(large, IMAGE, sound);
    assert.ok(tooLarge.outcome === 'refused' && tooLarge.code === 'upload-too-large');
    assert.deepEqual(await embedded.keys(), []);
    assert.equal(await codeOf({}, sound), 'imported');
  });

  it('refuses another image with the same external or former id', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    await take(services, { ...IMAGE, formerId: FORMER });
    const other = { ...IMAGE, path: 'b.jpg' };
    const byExternal = await take(services, other);
    assert.ok(byExternal.outcome === 'refused' && byExternal.code === 'external-id-taken');
    const words = { ...other.description, externalId: null };
    const byFormer = await take(services, { ...other, userId: 'bob', description: words, formerId: FORMER });
    assert.ok(byFormer.outcome === 'refused' && byFormer.code === 'former-id-taken');
  });

  it('refuses a blocked user, and takes the user once the block has ended', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const key = await importKey(services);
    const now = services.clock.now();
    await services.erasures.add({
      ...{ id: services.newId(), userHash: userHashOf(key, 'ada'), imageIds: [], erasedAt: now },
      blockedUntil: new Date(now.getTime() + 60_000),
    });
    const blocked = await take(services);
    assert.ok(blocked.outcome === 'refused' && blocked.code === 'user-erased');
    clock.offsetMs += 61_000;
    assert.equal((await take(services)).outcome, 'imported');
  });

  it('of a user whose deletion begins meanwhile is not left behind it', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const key = await importKey(services);
    const put: Services['objects']['put'] = async (...asked) => {
      const now = services.clock.now();
      await services.erasures.add({
        ...{ id: services.newId(), userHash: userHashOf(key, 'ada'), imageIds: [], erasedAt: now },
        blockedUntil: new Date(now.getTime() + 60_000),
      });
      return services.objects.put(...asked);
    };
    const outcome = await take({ ...services, objects: { ...services.objects, put } });
    assert.ok(outcome.outcome === 'refused' && outcome.code === 'user-erased');
    assert.deepEqual((await services.images.published(9)).images, []);
  });

  it('that died is busy until its minute has passed, and then goes on', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const dies = { ...services, objects: { ...services.objects, put: () => new Promise<never>(() => undefined) } };
    void take(dies);
    const id = await pendingIdOf(services);
    assert.deepEqual((await take(services)).outcome, 'busy');
    clock.offsetMs += 61_000;
    const outcome = await take(services);
    assert.deepEqual(outcome, { outcome: 'imported', imageId: id, status: 'ready' });
  });

  it('whose upload was given up gets the next id, the same each time', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const put = () => Promise.reject(new AppError('unavailable', 'away'));
    await assert.rejects(take({ ...services, objects: { ...services.objects, put } }), { code: 'unavailable' });
    const first = await take(services);
    assert.ok(first.outcome === 'imported');
    assert.equal((await services.images.get(first.imageId))?.status, 'ready');
    assert.deepEqual(await take(services), { ...first, outcome: 'known' });
  });

  it('ends with the error of a source or a store that is away, and leaves nothing', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    const key = await importKey(services);
    async function* breaking(): AsyncGenerator<Uint8Array> {
      yield (await jpeg()).subarray(0, 100);
      throw new AppError('unavailable', 'the source is away');
    }
    await assert.rejects(
      importImage(services, IMAGE, async () => breaking(), { key, signal }),
      { code: 'unavailable' },
    );
    assert.deepEqual(await embedded.keys(), []);
    assert.equal((await take(services)).outcome, 'imported');
  });
});

const FORMER = '3f2b8a61-9c4d-4e5f-8a7b-1c2d3e4f5a6b';

/** The id of the one pending image, once there is one. */
async function pendingIdOf({ images, clock }: Services): Promise<string> {
  for (;;) {
    const due = await images.due(new Date(clock.now().getTime() + 3_600_000), 9, { lane: 'recovery', shard: 0 });
    const [image] = due;
    if (image) return image.id;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
