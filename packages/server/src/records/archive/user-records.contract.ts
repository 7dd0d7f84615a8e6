import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import type { ApiKey } from '../../domain/access/api-key.ts';
import { sampleKey } from '../../domain/access/api-keys.fixture.ts';
import { revocationOf } from '../../domain/access/revocation.ts';
import { type Album, deleteAlbum } from '../../domain/album/album.ts';
import { placeOfAddition } from '../../domain/album/album-place.ts';
import { withMember } from '../../domain/album/membership.ts';
import { sampleDetails } from '../../domain/facts/facts.fixture.ts';
import { type Image, type StoredImage, tombstone } from '../../domain/image/image.ts';
import { NO_USAGE } from '../../domain/usage/usage.ts';
import { concernsUser } from '../../domain/user/keys-of-user.ts';
import type { AlbumRepository } from '../albums/album-repository.ts';
import { sampleAlbum, sampleAlbumLink } from '../albums/sample-albums.fixture.ts';
import { listAll, readyQuery } from '../images/list-model.fixture.ts';
import { addReady, NOW, sampleKeyUse, samplePending, sampleSettled } from '../images/sample-images.fixture.ts';
import { type ArchiveHarness, allOf, inOrder } from './record-archive.contract.ts';
import type { ArchiveRecord } from './record-archive.ts';
import type { UserRecords, UserToRemove } from './user-records.ts';

/** The records of users, and the parts of a service that uses the same records. */
export interface UserRecordsHarness extends ArchiveHarness {
  readonly userRecords: UserRecords;
  readonly albums: AlbumRepository;
  /** Where the text is stored: names of items or tables, or of files if the store has its own. */
  places(text: string): Promise<readonly string[]>;
}

const ADA = 'person-ada-4711';
const BOB = 'person-bob-0815';
/** What one of them owns isn't the others', however a store joins ids. */
const ALIKE = ['a', 'a_b', 'A', 'a#b', 'a%23b', 'a b'] as const;

const STATUSES = ['pending', 'held', 'ready', 'trashed', 'rejected', 'expired'] as const;
const DAY_MS = 86_400_000;
const NONE = { keys: 0, keysChanged: 0, tokenCounts: 0, keyUses: 0 };

/** The records of one user. */
interface Person {
  readonly userId: string;
  readonly images: readonly Image[];
  readonly album: Album;
  readonly key: ApiKey;
  readonly tokenId: string;
  readonly records: readonly ArchiveRecord[];
}

/** A person with images in all states, and one of everything else that the records have of a user. */
async function addPerson(harness: UserRecordsHarness, userId: string): Promise<Person> {
  const { archive, images } = harness;
  const album = sampleAlbum({ userId, title: `Holiday of ${userId}`, links: [sampleAlbumLink()] });
  const token = { id: randomBytes(16).toString('base64url'), maxBytes: null };
  const own = STATUSES.map((status) => imageOf({ userId, token, album, status }));
  const key = sampleKey({ owner: userId, name: `Laptop of ${userId}` });
  const records: readonly ArchiveRecord[] = [
    { kind: 'album', album },
    ...own,
    ofDeleted(tombstone(samplePending({ userId, token }), NOW)),
    { kind: 'key', key },
    { kind: 'limits', userId, limits: { bytes: 1_000_000, images: null, pending: 9 } },
    { kind: 'token-count', tokenId: token.id, used: 4, forgetAt: new Date(NOW.getTime() + DAY_MS) },
    ...[null, 'v1'].map((tokenId): ArchiveRecord => {
      return { kind: 'revocation', revocation: revocationOf({ userId, tokenId }, NOW) };
    }),
  ];
  for (const record of records) assert.equal(await archive.put(record), true);
  await images.useKey(sampleKeyUse({ userId }), NOW);
  return {
    ...{ userId, album, key, tokenId: token.id, records },
    images: records.flatMap((record) => (record.kind === 'image' ? record.image : [])),
  };
}

const ofDeleted = (image: Image): ArchiveRecord => ({ kind: 'image', image });

interface ImageOfPerson extends Required<Pick<Image, 'userId' | 'token'>> {
  readonly album: Album;
  readonly status: (typeof STATUSES)[number];
}

function imageOf({ userId, token, album, status }: ImageOfPerson): Extract<ArchiveRecord, { kind: 'image' }> {
  const pending = samplePending({
    ...{ userId, token, tags: ['sea', `tag of ${userId}`], description: `of ${userId}` },
    ...{ metadata: { order: `order of ${userId}` }, externalId: `${status} of ${userId}`, formerId: randomUUID() },
  });
  const image = sampleSettled(pending, status, status === 'ready' ? ['order'] : undefined);
  if (image.status !== 'ready' && image.status !== 'trashed' && image.status !== 'held')
    return { kind: 'image', image };
  const member = { albumId: album.id, added: placeOfAddition(NOW, 0, ''), moved: null };
  const detailed: StoredImage = { ...withMember(image, member), hasDetails: true };
  return { kind: 'image', image: detailed, details: { ...sampleDetails, creator: `photographs of ${userId}` } };
}

/** What comes before the removal: nothing of the user is served any more. */
async function hide({ images, albums }: UserRecordsHarness, person: Person): Promise<void> {
  for (const image of person.images)
    if (image.status !== 'deleted') assert.equal(await images.replace(image, tombstone(image, NOW)), true);
  assert.equal(await albums.replace(person.album, deleteAlbum(person.album, false, NOW)), true);
}

const removalOf = ({ userId, images, tokenId, key }: Person, keys: readonly ApiKey[] = []): UserToRemove => ({
  userId,
  imageIds: images.map(({ id }) => id),
  tokenIds: [tokenId],
  keys: [key, ...keys],
});

/** What a service answers of a user. */
async function answersOf({ images, usage, albums, userRecords }: UserRecordsHarness, { userId, album }: Person) {
  const lists = [
    readyQuery({ userId }),
    readyQuery({ userId, tags: [`tag of ${userId}`] }),
    readyQuery({ userId, contentType: 'image/jpeg' }),
    readyQuery({ userId, metadata: [{ name: 'order', value: `order of ${userId}` }] }),
    readyQuery({ userId, album: album.id }),
  ];
  return {
    usage: await usage.usageOf(userId),
    lists: await Promise.all(lists.map((query) => listAll(images, query))),
    months: (await images.ordersByCapture()) === 'none' ? [] : await images.months({ userId, limit: 10 }),
    album: await albums.get(album.id),
    inAlbum: await albums.count([album]),
    keyUses: await userRecords.countKeyUses(userId),
  };
}

export function describeUserRecords(name: string, create: () => Promise<UserRecordsHarness>): void {
  describe(`${name} with the records of a user`, () => {
    it('leaves the user nowhere, and everything of others as it was', async () => {
      await using harness = await create();
      const [ada, bob] = [await addPerson(harness, ADA), await addPerson(harness, BOB)];
      const shared = sampleKey({ name: 'shared', owner: null, actsAs: [ADA, 'eve'] });
      await harness.keys.create(shared);
      const before = await answersOf(harness, bob);
      assert.deepEqual([before.lists.map(({ length }) => length), before.inAlbum], [[1, 1, 1, 1, 1], [1]]);
      await hide(harness, ada);
      assert.notDeepEqual(await harness.places(ADA), [], 'they are found where they are');
      const removed = await harness.userRecords.remove(removalOf(ada, [shared]));
      await harness.userRecords.scrub();
      assert.deepEqual(removed, { keys: 1, keysChanged: 1, tokenCounts: 1, keyUses: 1 });
      assert.deepEqual(await harness.places(ADA), []);
      for (const id of [ada.tokenId, ada.album.id, ...ada.images.map((image) => image.id)])
        assert.deepEqual(await harness.places(id), []);
      const key: ArchiveRecord = { kind: 'key', key: { ...shared, actsAs: ['eve'] } };
      assert.deepEqual(await allOf(harness), inOrder([...bob.records, key]));
      assert.deepEqual(await answersOf(harness, bob), before);
      assert.notDeepEqual(await harness.places(BOB), []);
    });

    it('tells apart users whose ids are alike', async () => {
      await using harness = await create();
      const people: Person[] = [];
      for (const userId of ALIKE) people.push(await addPerson(harness, userId));
      for (const [index, person] of people.entries()) {
        const others = people.slice(index + 1);
        const before = await Promise.all(others.map((other) => answersOf(harness, other)));
        await hide(harness, person);
        const removed = await harness.userRecords.remove(removalOf(person));
        assert.deepEqual(removed, { keys: 1, keysChanged: 0, tokenCounts: 1, keyUses: 1 }, person.userId);
        assert.deepEqual(await allOf(harness), inOrder(others.flatMap(({ records }) => records)), person.userId);
        assert.deepEqual(await Promise.all(others.map((other) => answersOf(harness, other))), before, person.userId);
      }
    });

    it('has nothing of a user who comes back', async () => {
      await using harness = await create();
      const { images, usage, userRecords } = harness;
      const ada = await addPerson(harness, ADA);
      await hide(harness, ada);
      await userRecords.remove(removalOf(ada));
      const { limits, ...none } = await usage.usageOf('nobody');
      assert.deepEqual(await usage.usageOf(ADA), { ...none, userId: ADA, limits });
      assert.deepEqual((await usage.findOwners({ after: undefined, limit: 10 })).owners, []);
      const back = await addReady(images, { userId: ADA });
      assert.deepEqual((await usage.usageOf(ADA)).usage, { ...NO_USAGE, images: 1, bytes: back.sizeBytes });
      assert.deepEqual(await listAll(images, readyQuery({ userId: ADA })), [back]);
    });

    it('counts the uses of Idempotency-Keys of one user', async () => {
      await using harness = await create();
      const { images, userRecords } = harness;
      for (const userId of ALIKE)
        for (const key of ['one', 'b#c', userId])
          assert.equal(await images.useKey(sampleKeyUse({ userId, key }), NOW), undefined);
      for (const userId of ALIKE) assert.equal(await userRecords.countKeyUses(userId), 3, userId);
      assert.equal(await userRecords.countKeyUses('nobody'), 0);
    });

    it('removes the keys of the user, and takes the user out of those of others', async () => {
      await using harness = await create();
      const { keys, userRecords } = harness;
      const gone = [
        sampleKey({ owner: ADA, actsAs: ['eve'] }),
        sampleKey({ owner: BOB, actsAs: [ADA] }), // without her it would act for its owner
        sampleKey({ owner: null, actsAs: [ADA] }),
      ];
      const changed = [
        sampleKey({ owner: null, actsAs: ['bob', ADA, 'eve'] }),
        sampleKey({ owner: null, actsAs: [ADA], scopes: ['images:admin'] }),
      ];
      const others = [
        sampleKey({ owner: null, actsAs: 'everyone' }),
        sampleKey({ owner: null, actsAs: [`${ADA}2`] }),
        sampleKey({ owner: BOB, actsAs: { prefixes: [ADA] } }), // it names no user
        sampleKey({ owner: BOB }),
      ];
      for (const key of [...gone, ...changed, ...others]) await keys.create(key);
      const all = [...gone, ...changed, ...others];
      const given = { userId: ADA, imageIds: [], tokenIds: [], keys: all.filter((key) => concernsUser(key, ADA)) };
      assert.deepEqual(await userRecords.remove(given), { ...NONE, keys: 3, keysChanged: 2 });
      const [several, admin] = changed;
      assert.ok(several && admin);
      const left = [{ ...several, actsAs: ['bob', 'eve'] }, { ...admin, actsAs: null }, ...others];
      assert.deepEqual(await allOf(harness), inOrder(left.map((key) => ({ kind: 'key', key }))));
    });

    it('takes the user out of a key as it is by then', async () => {
      await using harness = await create();
      const { keys, userRecords } = harness;
      const key = sampleKey({ owner: null, actsAs: [ADA, BOB, 'eve'] });
      const owned = sampleKey({ owner: BOB, actsAs: [ADA, 'eve'] });
      for (const one of [key, owned]) await keys.create(one);
      const asFound = { imageIds: [], tokenIds: [], keys: [key, owned] };
      const remove = (userId: string) => userRecords.remove({ ...asFound, userId });
      assert.deepEqual(await remove(BOB), { ...NONE, keys: 1, keysChanged: 1 });
      assert.deepEqual(await remove(ADA), { ...NONE, keysChanged: 1 });
      assert.deepEqual(await allOf(harness), [{ kind: 'key', key: { ...key, actsAs: ['eve'] } }]);
    });

    it('removes more images and counts of tokens than one transaction does', async () => {
      await using harness = await create();
      const { archive, userRecords } = harness;
      const deleted = Array.from({ length: harness.manyImages }, () => tombstone(samplePending({ userId: ADA }), NOW));
      const tokenIds = deleted.map(({ id }) => `token ${id}`);
      const forgetAt = new Date(NOW.getTime() + DAY_MS);
      await Promise.all([
        ...deleted.map((image) => archive.put({ kind: 'image', image })),
        ...tokenIds.map((tokenId) => archive.put({ kind: 'token-count', tokenId, used: 1, forgetAt })),
      ]);
      const removed = await userRecords.remove({
        ...{ userId: ADA, imageIds: deleted.map(({ id }) => id), keys: [] },
        tokenIds: [...tokenIds, 'a token without a limit'],
      });
      assert.deepEqual(removed, { ...NONE, tokenCounts: tokenIds.length });
      assert.deepEqual(await allOf(harness), []);
    });

    it('goes on after it was killed, and may be repeated', async () => {
      await using harness = await create();
      const { userRecords } = harness;
      const ada = await addPerson(harness, ADA);
      await hide(harness, ada);
      const killed = new Error('killed');
      const kill = (): never => {
        throw killed;
      };
      const deadly = { ...removalOf(ada), keys: [new Proxy(ada.key, { get: kill })] };
      await assert.rejects(userRecords.remove(deadly), (error) => error === killed);
      const left = new Set((await allOf(harness)).map(({ kind }) => kind));
      assert.ok(left.has('image') || !left.has('token-count'), 'an image is left to name the token');
      assert.equal((await userRecords.remove(removalOf(ada))).keys, 1);
      assert.deepEqual(await userRecords.remove(removalOf(ada)), NONE);
      await userRecords.scrub();
      assert.deepEqual(await harness.places(ADA), []);
    });
  });
}
