import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { revoked } from '../../domain/access/api-key.ts';
import { later, sampleKey } from '../../domain/access/api-keys.fixture.ts';
import { type RevokedTokens, revocationOf } from '../../domain/access/revocation.ts';
import { deleteAlbum } from '../../domain/album/album.ts';
import { placeOfAddition } from '../../domain/album/album-place.ts';
import { withMember } from '../../domain/album/membership.ts';
import { AppError } from '../../domain/errors.ts';
import { sampleDetails, sampleFacts } from '../../domain/facts/facts.fixture.ts';
import type { WallClock } from '../../domain/facts/wall-clock.ts';
import { type Image, type ReadyImage, tombstone, trash } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { NO_USAGE } from '../../domain/usage/usage.ts';
import { sampleAlbum, sampleAlbumLink } from '../albums/sample-albums.fixture.ts';
import { allDue } from '../images/all-due.fixture.ts';
import type { ImageRepository } from '../images/image-repository.ts';
import { listAll, readyQuery, searchQuery } from '../images/list-model.fixture.ts';
import {
  addReady,
  addSettled,
  NOW,
  newImageId,
  sampleHeld,
  samplePending,
  samplePublished,
  sampleSettled,
  sampleTokenUse,
} from '../images/sample-images.fixture.ts';
import type { KeyRepository } from '../keys/key-repository.ts';
import type { UsageRepository } from '../usage/usage-repository.ts';
import type { ArchiveRecord, ImageRecord, ReadAllOptions, RecordArchive } from './record-archive.ts';

/** An archive, and the parts of a service that uses the same records. */
export interface ArchiveHarness extends AsyncDisposable {
  readonly archive: RecordArchive;
  readonly images: ImageRepository;
  readonly usage: UsageRepository;
  readonly keys: KeyRepository;
  /** More than fit into a page. */
  readonly manyImages: number;
  /** Makes a record unreadable. */
  spoil(id: ImageId): Promise<void>;
}

const STATUSES = ['pending', 'held', 'ready', 'trashed', 'rejected', 'expired'] as const;

/** All records, in the order of their kinds and ids. */
export async function allOf(
  { archive }: Pick<ArchiveHarness, 'archive'>,
  options?: ReadAllOptions,
): Promise<readonly ArchiveRecord[]> {
  const found: ArchiveRecord[] = [];
  for await (const page of archive.all(options)) found.push(...page);
  return inOrder(found);
}

export const inOrder = (records: readonly ArchiveRecord[]): readonly ArchiveRecord[] =>
  records.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));

function nameOf(record: ArchiveRecord): string {
  switch (record.kind) {
    case 'image':
      return `image ${record.image.id}`;
    case 'album':
      return `album ${record.album.id}`;
    case 'key':
      return `key ${record.key.id}`;
    case 'limits':
      return `limits ${record.userId}`;
    case 'token-count':
      return `token ${record.tokenId}`;
    case 'revocation':
      return `revocation ${record.revocation.userId} ${record.revocation.tokenId}`;
    case 'erasure':
      return `erasure ${record.erasure.id}`;
    case 'erasure-key':
      return record.kind;
    case 'webhook':
      return `webhook ${record.webhook.id}`;
  }
}

const ofImage = (image: Image): ArchiveRecord => ({ kind: 'image', image });

export function describeRecordArchive(name: string, create: () => Promise<ArchiveHarness>): void {
  describe(`${name} as an archive`, () => {
    it('has no record before one is written', async () => {
      await using harness = await create();
      assert.deepEqual(await allOf(harness), []);
    });

    it('has erasures and their key, and adds each once', async () => {
      await using harness = await create();
      const erasure = (userHash: string, count: number): ArchiveRecord => ({
        kind: 'erasure',
        erasure: {
          id: newImageId(),
          userHash,
          imageIds: Array.from({ length: count }, () => newImageId()),
          erasedAt: NOW,
          blockedUntil: later(60),
        },
      });
      const key: ArchiveRecord = { kind: 'erasure-key', key: 'ab'.repeat(32) };
      const records = [erasure('cd'.repeat(32), 2), erasure('cd'.repeat(32), 0), erasure('ef'.repeat(32), 1), key];
      for (const record of records) assert.equal(await harness.archive.put(record), true);
      for (const record of records) assert.equal(await harness.archive.put(record), false);
      assert.deepEqual(await allOf(harness), inOrder(records));
    });

    it('has albums, and puts images of a backup into their lists', async () => {
      await using harness = await create();
      const { archive, images } = harness;
      const links = [
        sampleAlbumLink(),
        sampleAlbumLink({ allow: ['view'], originals: false, card: true, password: null }),
        sampleAlbumLink({
          ...{ allow: ['contribute'], maxImages: 5, maxBytes: 1_000, contentTypes: ['image/heic'], approve: true },
        }),
      ];
      const [album, other] = [
        sampleAlbum({ userId: 'a#b' }),
        sampleAlbum({ userId: 'a', order: 'manual', links, contributedAt: NOW }),
      ];
      const member = { albumId: album.id, added: placeOfAddition(NOW, 0, ''), moved: placeOfAddition(NOW, 1, '') };
      const inAlbum = () => withMember(samplePublished(samplePending({ userId: 'a#b' })), member);
      const [ready, trashed] = [inAlbum(), trash(inAlbum(), NOW, NOW)];
      const records: ArchiveRecord[] = [
        ...[album, other].map((one): ArchiveRecord => ({ kind: 'album', album: one })),
        ...[ready, trashed].map(ofImage),
      ];
      for (const record of records) assert.equal(await archive.put(record), true);
      for (const record of records) assert.equal(await archive.put(record), false);
      assert.deepEqual(await allOf(harness), inOrder(records));
      for (const order of ['newest', 'added', 'manual'] as const)
        assert.deepEqual(await listAll(images, readyQuery({ userId: 'a#b', album: album.id, order })), [ready]);
    });

    it('has no album that is deleted', async () => {
      await using harness = await create();
      const { archive } = harness;
      const albums = [true, false].map((withImages) => deleteAlbum(sampleAlbum(), withImages, NOW));
      for (const album of albums) assert.equal(await archive.put({ kind: 'album', album }), true);
      assert.deepEqual(await allOf(harness), []);
    });

    it('has revocations of view tokens, and keeps the later one of the same tokens', async () => {
      await using harness = await create();
      const { archive } = harness;
      const all: readonly RevokedTokens[] = [
        { userId: 'ada', tokenId: null },
        { userId: 'ada', tokenId: 'v1' },
        { userId: null, tokenId: 'v1' },
        { userId: 'a#%23', tokenId: null },
      ];
      const at = (minutes: number) =>
        all.map((tokens): ArchiveRecord => ({ kind: 'revocation', revocation: revocationOf(tokens, later(minutes)) }));
      for (const record of at(2)) assert.equal(await archive.put(record), true);
      for (const record of [...at(2), ...at(1)]) assert.equal(await archive.put(record), false);
      assert.deepEqual(await allOf(harness), inOrder(at(2)));
      for (const record of at(3)) assert.equal(await archive.put(record), true);
      assert.deepEqual(await allOf(harness), inOrder(at(3)));
    });

    it('has the images of all owners in all states, keys, limits, and counts of tokens, and nothing else', async () => {
      await using harness = await create();
      const { images, usage, keys } = harness;
      const records: ArchiveRecord[] = [];
      for (const status of STATUSES) {
        const image = await addSettled(images, status, { userId: `owner of ${status}`, tags: ['red'] });
        records.push(ofImage(image));
      }
      const doomed = await addReady(images);
      const deleted = tombstone(doomed, NOW);
      await images.replace(doomed, deleted);
      records.push(ofImage(deleted));
      const used = sampleTokenUse({ maxImages: 5, tokenId: 'a#%23' });
      for (const image of [samplePending(), samplePending()]) {
        await images.create(image, used);
        records.push(ofImage(image));
      }
      records.push({ kind: 'token-count', tokenId: used.tokenId, used: 2, forgetAt: used.forgetAt });
      const limits = { bytes: 10_000_000, images: null, pending: 3 };
      for (const userId of ['ada', 'a#%23']) {
        await usage.setLimits(userId, limits);
        records.push({ kind: 'limits', userId, limits });
      }
      await usage.setLimits('bob', limits);
      await usage.setLimits('bob', null);
      for (const key of [sampleKey(), revoked(sampleKey({ owner: null, actsAs: 'everyone' }), later(1))]) {
        await keys.create(key);
        records.push({ kind: 'key', key });
      }
      assert.deepEqual(await allOf(harness), inOrder(records));
    });

    it('has and keeps the details and corrections of an image with it, until it ends', async () => {
      await using harness = await create();
      const { archive, images } = harness;
      const correctedFacts = { ...sampleFacts, takenByHand: '2019-05-04T00:00:00.000' as WallClock };
      const detailed = (userId: string): ImageRecord<ReadyImage> => ({
        kind: 'image',
        image: { ...samplePublished(samplePending({ userId })), facts: correctedFacts, hasDetails: true },
        details: { ...sampleDetails, creator: userId, positionByHand: null },
      });
      const [one, other] = [detailed('ada'), detailed('a#%23')];
      const records = [one, other, ofImage(samplePublished(samplePending()))];
      for (const record of records) assert.equal(await archive.put(record), true);
      assert.equal(await archive.put({ ...one, details: { ...sampleDetails, title: 'Another' } }), false);
      assert.deepEqual(await allOf(harness), inOrder(records));
      assert.deepEqual(await images.get(one.image.id), one.image);
      assert.deepEqual(await images.details(one.image), one.details);
      const asked = await allOf(harness, { needsDetails: ({ userId }) => userId === 'ada' });
      assert.deepEqual(asked, inOrder([one, ofImage(other.image), ...records.slice(2)]));

      const deleted = tombstone(one.image, NOW);
      assert.equal(await images.replace(one.image, deleted), true);
      assert.equal(await images.details(one.image), null);
      assert.deepEqual(await allOf(harness), inOrder([ofImage(deleted), ...records.slice(1)]));
    });

    it('keeps an image that is put, in any state, and derives lists, due work and usage from it', async () => {
      await using harness = await create();
      const { archive, images, usage } = harness;
      const pendingOf = () => samplePending({ tags: ['red', 'blue'], reservedBytes: 7 });
      const put = [
        ...STATUSES.map((status) => sampleSettled(pendingOf(), status)),
        samplePublished(pendingOf()),
        tombstone(pendingOf(), NOW),
      ];
      for (const image of put) assert.equal(await archive.put(ofImage(image)), true);
      for (const image of put) assert.deepEqual(await images.get(image.id), image);
      const ready = put.filter(({ status }) => status === 'ready').toSorted((a, b) => (a.id < b.id ? 1 : -1));
      for (const query of [
        readyQuery(),
        readyQuery({ userId: 'ada', tags: ['red'] }),
        readyQuery({ tags: ['red', 'blue'] }),
        readyQuery({ userId: 'ada', contentType: 'image/jpeg' }),
        readyQuery({ contentType: 'image/jpeg' }),
        ...(images.searches ? [searchQuery('ada', ['ada', 'jpg'])] : []),
      ])
        assert.deepEqual(await listAll(images, query), ready, JSON.stringify(query));
      for (const status of STATUSES.filter((one) => one !== 'ready'))
        assert.deepEqual(
          await listAll(images, { status, userId: 'ada', order: 'newest', limit: 10 }),
          put.filter((image) => image.status === status),
        );
      const stored = 1_234;
      assert.deepEqual((await usage.usageOf('ada')).usage, {
        ...NO_USAGE,
        images: 4,
        bytes: 4 * stored,
        trashedBytes: stored,
        pending: 1,
        reservedBytes: 7,
      });
      const due = await allDue(images, new Date(8.64e15), 100);
      assert.deepEqual(due.map(({ status }) => status).toSorted(), [
        'deleted',
        'expired',
        'held',
        'pending',
        'rejected',
        'trashed',
      ]);
      assert.deepEqual(
        (await usage.findOwners({ after: undefined, limit: 10 })).owners.map(({ userId }) => userId),
        ['ada'],
      );
    });

    it('changes a record that was put as any other', async () => {
      await using harness = await create();
      const { archive, images, usage } = harness;
      const held = sampleHeld(samplePending({ tags: ['red'] }));
      const ready = samplePublished(samplePending({ tags: ['red'] }));
      for (const image of [held, ready]) await archive.put(ofImage(image));
      const trashed = trash(ready, NOW, NOW);
      assert.equal(await images.replace(ready, trashed), true);
      assert.equal(await images.replace(held, tombstone(held, NOW)), true);
      assert.deepEqual(await listAll(images, readyQuery({ tags: ['red'] })), []);
      assert.deepEqual((await usage.usageOf('ada')).usage, {
        ...NO_USAGE,
        images: 1,
        bytes: 1_234,
        trashedBytes: 1_234,
      });
      assert.equal(await images.replace(trashed, tombstone(trashed, NOW)), true);
      assert.deepEqual((await usage.usageOf('ada')).usage, NO_USAGE);
    });

    it('keeps a record that exists, and counts nothing twice', async () => {
      await using harness = await create();
      const { archive, images, usage, keys } = harness;
      const ready = await addReady(images, { tags: ['red'] });
      assert.equal(await archive.put(ofImage({ ...ready, filename: 'other.jpg', tags: ['blue'], revision: 9 })), false);
      assert.deepEqual(await images.get(ready.id), ready);
      assert.deepEqual(await listAll(images, readyQuery({ tags: ['blue'] })), []);
      assert.deepEqual((await usage.usageOf('ada')).usage, { ...NO_USAGE, images: 1, bytes: ready.sizeBytes });

      const key = sampleKey();
      await keys.create(key);
      assert.equal(await archive.put({ kind: 'key', key: { ...key, name: 'other' } }), false);
      assert.deepEqual(await keys.get(key.id), key);

      const limits = { bytes: 5, images: 5, pending: 5 };
      assert.equal(await archive.put({ kind: 'limits', userId: 'bob', limits }), true);
      assert.equal(await archive.put({ kind: 'limits', userId: 'bob', limits: { ...limits, bytes: 6 } }), false);
      assert.deepEqual((await usage.usageOf('bob')).limits, limits);

      const { tokenId, forgetAt } = sampleTokenUse();
      assert.equal(await archive.put({ kind: 'token-count', tokenId, used: 2, forgetAt }), true);
      assert.equal(await archive.put({ kind: 'token-count', tokenId, used: 1, forgetAt }), false);
      assert.equal(await images.isUsedUp({ tokenId, maxImages: 2, forgetAt }), true);
      assert.equal(await images.isUsedUp({ tokenId, maxImages: 3, forgetAt }), false);
    });

    it('adds an image with its external id, unless another image of its owner has that', async () => {
      await using harness = await create();
      const { archive, images } = harness;
      const holder = samplePublished(samplePending({ externalId: 'order-1042' }));
      assert.equal(await archive.put(ofImage(holder)), true);
      assert.deepEqual(await images.findByExternalId('ada', 'order-1042'), holder);

      const rival = samplePublished(samplePending({ externalId: 'order-1042' }));
      await assert.rejects(archive.put(ofImage(rival)), { code: 'external-id-taken' });
      assert.equal(await images.get(rival.id), undefined);
      assert.equal(await archive.put(ofImage({ ...rival, externalId: null })), true);
      assert.equal(await archive.put(ofImage(rival)), false, 'a record with that id exists');
      assert.equal(await archive.put(ofImage({ ...rival, id: newImageId(), userId: 'bob' })), true);
      assert.deepEqual(await images.findByExternalId('ada', 'order-1042'), holder);
    });

    it('adds an image with its former id, unless any other image has that', async () => {
      await using harness = await create();
      const { archive, images } = harness;
      const formerId = '0b5f1f4e-3c1d-4f6a-9b7e-2f6d8a1c5e90';
      const holder = samplePublished(samplePending({ formerId }));
      assert.equal(await archive.put(ofImage(holder)), true);
      assert.deepEqual(await allOf(harness), [ofImage(holder)]);
      assert.deepEqual(await images.findByFormerId(formerId), holder);

      const rival = samplePublished(samplePending({ userId: 'bob', formerId }));
      await assert.rejects(archive.put(ofImage(rival)), { code: 'former-id-taken' });
      assert.equal(await images.get(rival.id), undefined);
      assert.equal(await archive.put(ofImage({ ...rival, formerId: null })), true);
      assert.equal(await archive.put(ofImage(rival)), false, 'a record with that id exists');
      assert.deepEqual(await images.findByFormerId(formerId), holder);
    });

    it('adds images of an owner whose limits they exceed', async () => {
      await using harness = await create();
      const { archive, usage } = harness;
      await archive.put({ kind: 'limits', userId: 'ada', limits: { bytes: 1, images: 0, pending: 0 } });
      for (const image of [samplePublished(samplePending()), samplePending({ reservedBytes: 3 })])
        assert.equal(await archive.put(ofImage(image)), true);
      assert.deepEqual((await usage.usageOf('ada')).usage, {
        ...NO_USAGE,
        images: 1,
        bytes: 1_234,
        pending: 1,
        reservedBytes: 3,
      });
    });

    it('names an image whose record cannot be read, or leaves it out and tells of it', async () => {
      await using harness = await create();
      const { archive, images } = harness;
      const [sound, spoiled] = [await addReady(images), await addReady(images)];
      await harness.spoil(spoiled.id);
      await assert.rejects(allOf(harness), (error: unknown) => {
        assert.ok(error instanceof AppError);
        assert.match(
          error.detail,
          new RegExp(`The record of image ${spoiled.id} can't be read: expected .*metadata|JSON`),
        );
        return true;
      });
      const told: ImageId[] = [];
      const found: ArchiveRecord[] = [];
      for await (const page of archive.all({ onUnreadable: (id) => told.push(id) })) found.push(...page);
      assert.deepEqual([found, told], [[ofImage(sound)], [spoiled.id]]);
    });

    it('reads many pages, and ends when it is told to', async () => {
      await using harness = await create();
      const { archive } = harness;
      const ids = Array.from({ length: harness.manyImages }, () => newImageId());
      await Promise.all(ids.map((id) => archive.put(ofImage(samplePublished(samplePending({ id, tags: [] }))))));
      const found = (await allOf(harness)).flatMap((one) => (one.kind === 'image' ? one.image.id : []));
      assert.deepEqual(found.toSorted(), ids.toSorted());
      const stop = new AbortController();
      await assert.rejects(async () => {
        for await (const _ of archive.all({ signal: stop.signal })) stop.abort(new Error('enough'));
      }, /enough|abort/i);
    });
  });
}
