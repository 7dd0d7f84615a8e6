import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Album } from '../../domain/album/album.ts';
import type { AlbumId } from '../../domain/album/album-id.ts';
import { memberIn, withMember, withoutAlbum } from '../../domain/album/membership.ts';
import type { Image } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { LIST_ORDERS } from '../../domain/lists/list-position.ts';
import {
  captureQueries,
  changesBetweenPages,
  LIST_PROPERTY,
  populations,
  queries,
} from '../images/arbitrary-lists.fixture.ts';
import { applyChange } from '../images/change-images.fixture.ts';
import type { FindQuery, ImageRepository } from '../images/image-repository.ts';
import { checkPage, listAll, modelList, readyQuery } from '../images/list-model.fixture.ts';
import { addSettled } from '../images/sample-images.fixture.ts';
import type { AlbumHarness } from './album-repository.contract.ts';
import { sampleAlbum } from './sample-albums.fixture.ts';

/** Few, so that some images have the same, and one begins with another. */
const places = fc.constantFrom(
  '0190a1b2c3d4000',
  '0190a1b2c3d4001',
  '0190a1b2c3d40018',
  'ffffffffffffffe',
  '0190a1b2c3d400108',
);

interface Membership {
  readonly at: number;
  readonly album: number;
  readonly added: string;
  readonly moved: string | null;
  readonly isLeaving: boolean;
}

const memberships: fc.Arbitrary<Membership> = fc.record({
  at: fc.nat(),
  album: fc.nat(2),
  added: places,
  moved: fc.option(places),
  isLeaving: fc.oneof({ weight: 2, arbitrary: fc.constant(false) }, fc.constant(true)),
});

/** Puts the image into an album of its owner, moves it there, or takes it out. */
async function applyMembership(
  images: ImageRepository,
  stored: Map<ImageId, Image>,
  { at, album, added, moved, isLeaving }: Membership,
  all: readonly Album[],
): Promise<void> {
  const picked = [...stored.values()][at % stored.size];
  const own = all.filter(({ userId }) => userId === picked?.userId);
  const albumId = own[album % own.length]?.id;
  if (!picked || albumId === undefined || 'remains' in picked) return;
  const place = memberIn(picked, albumId)?.added ?? added;
  const changed = isLeaving ? withoutAlbum(picked, albumId) : withMember(picked, { albumId, added: place, moved });
  assert.equal(await images.replace(picked, changed), true);
  stored.set(picked.id, changed);
}

const albumQueries: fc.Arbitrary<FindQuery> = fc.oneof(
  queries.map((query): FindQuery => (query.status === 'ready' ? query : readyQuery({ limit: query.limit }))),
  captureQueries,
  fc.record({
    order: fc.constantFrom('added' as const, 'manual' as const),
    limit: fc.constantFrom(1, 2, 3, 7, 1_000),
    status: fc.constant('ready' as const),
    tags: fc.constant([]),
    tagMode: fc.constant('all' as const),
  }),
);

const inAlbum = (query: FindQuery, { id: album, userId }: Album): FindQuery =>
  ({ ...query, album, userId }) as FindQuery;

/** The part of the contract about lists of an album. */
export function describeAlbumLists(create: () => Promise<AlbumHarness>): void {
  describe('lists of an album', () => {
    it('are exact in each order with tags, type, metadata and dates, while images come, go, move and change', async () => {
      await fc.assert(
        fc.asyncProperty(
          populations,
          albumQueries,
          fc.array(memberships, { minLength: 10, maxLength: 30 }),
          changesBetweenPages,
          async (population, query, members, changes) => {
            await using harness = await create();
            const { images, albums } = harness;
            const all = [sampleAlbum(), sampleAlbum(), sampleAlbum({ userId: 'bob' })];
            for (const album of all) await albums.create(album);
            const added = await Promise.all(
              population.map(({ status, ...sample }) => addSettled(images, status, sample)),
            );
            const stored = new Map(added.map((image) => [image.id, image]));
            const apply = (one: Membership) => applyMembership(images, stored, one, all);
            for (const one of members.slice(5)) await apply(one);

            const [album] = all;
            assert.ok(album);
            let after = query.after;
            for (let turn = 0; turn < 30; turn += 1) {
              const asked = { ...inAlbum(query, album), after };
              const page = await images.find(asked);
              checkPage(page, asked, modelList(stored.values(), asked));
              if (page.next === null) break;
              after = page.next;
              for (const change of changes[turn] ?? []) await applyChange([images], stored, change);
              const one = members[turn];
              if (one && turn < 5) await apply(one);
            }
            await requireLists(harness, stored, all);
          },
        ),
        LIST_PROPERTY,
      );
    });
  });
}

/** Each album has its images in each order, and counts them. */
async function requireLists(
  { images, albums }: AlbumHarness,
  stored: ReadonlyMap<ImageId, Image>,
  all: readonly Album[],
): Promise<void> {
  for (const album of all)
    for (const order of LIST_ORDERS) {
      const asked = inAlbum(readyQuery({ order, limit: 5 }), album);
      assert.deepEqual(await listAll(images, asked), modelList(stored.values(), asked), order);
    }
  const sizeOf = (id: AlbumId): number =>
    [...stored.values()].filter((image) => image.status === 'ready' && memberIn(image, id)).length;
  assert.deepEqual(
    await albums.count(all),
    all.map(({ id }) => sizeOf(id)),
  );
}
