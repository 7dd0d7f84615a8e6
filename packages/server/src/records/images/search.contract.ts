import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sampleDetails, sampleFacts } from '../../domain/facts/facts.fixture.ts';
import type { Details } from '../../domain/facts/facts.ts';
import {
  describe as describeImage,
  type Image,
  type Reading,
  type ReadyImage,
  restore,
  tombstone,
  trash,
} from '../../domain/image/image.ts';
import { createdAt, type ImageId } from '../../domain/image/image-id.ts';
import type { ImageRepositoryHarness } from './image-repository.contract.ts';
import type { FindQuery, ImageRepository } from './image-repository.ts';
import { checkPage, isBehind, listAll, modelList, searchQuery } from './list-model.fixture.ts';
import { NOW, newImageId, samplePending, samplePublished, sampleSettled } from './sample-images.fixture.ts';

/**
 * The part of the contract for adapters that search: a harness of a small read budget finds the same, in shorter pages.
 */
export function describeSearch(create: () => Promise<ImageRepositoryHarness>): void {
  describe('search', () => {
    it("finds an owner's ready images by beginnings of all words, in filename and description", async () => {
      await using harness = await create();
      const { images } = harness;
      const sea = await add(images, { filename: 'IMG_0001.jpg', description: 'Sunset at the sea' });
      const hill = await add(images, { filename: 'sunset-hill.jpg' });
      await add(images, { filename: 'sunset-hill.jpg', userId: 'bob' });
      await add(images, { filename: 'sunset-hill.jpg' }, 'pending');
      await add(images, { filename: 'sunset-hill.jpg' }, 'rejected');
      const found = (...words: string[]) => listAll(images, searchQuery('ada', words, { order: 'oldest' }));
      assert.deepEqual(await found('sun'), byId(sea, hill));
      assert.deepEqual(await found('sunset', 'se'), [sea]);
      assert.deepEqual(await found('0001', 'img', 'at'), [sea]);
      assert.deepEqual(await found('unset'), []);
      assert.deepEqual(await found('sunset', 'bob'), []);
    });

    it('finds by title, camera and keywords what the picture says, but not for who may not know', async () => {
      await using harness = await create();
      const { images } = harness;
      const pending = samplePending({ filename: 'sunset.jpg' });
      const ready = { ...samplePublished(pending), facts: sampleFacts, hasDetails: true };
      assert.equal(await images.create(pending), true);
      assert.equal(await images.replace(pending, ready, { details: sampleDetails }), true);
      for (const asked of [['harb'], ['apple', 'iphone'], ['ada'], ['sea', 'sunset'], ['sunset']]) {
        assert.deepEqual(await listAll(images, searchQuery('ada', asked)), [ready], asked.join());
        const within = await images.find(searchQuery('ada', asked, { searchesFacts: false }));
        assert.deepEqual(within, { images: asked.join() === 'sunset' ? [ready] : [], next: null }, asked.join());
        assert.deepEqual(await listAll(images, searchQuery('bob', asked)), []);
      }
      for (const asked of ['wall', '2024', 'back'])
        assert.deepEqual(await listAll(images, searchQuery('ada', [asked])), []);
    });

    it('finds nobody by a word of the users and one of the picture who may not know the latter', async () => {
      await using harness = await create();
      const { images } = harness;
      const image = (await add(images, { filename: 'sunset.jpg' })) as ReadyImage;
      for (let n = 0; n < 2; n += 1) await add(images, { filename: 'nikon.jpg' });
      const read = readAgain(image, { facts: { ...sampleFacts, camera: 'Nikon' }, hasDetails: false });
      assert.equal(await images.replace(image, read), true);
      const found = (searchesFacts: boolean) =>
        listAll(images, searchQuery('ada', ['sunset', 'nikon'], { searchesFacts }));
      assert.deepEqual([await found(true), await found(false)], [[read], []]);
    });

    it('finds by words those that have all tags or any, the type, the visibility and the dates too', async () => {
      await using harness = await create();
      const { images } = harness;
      const listed = { filename: 'sunset.jpg', tags: ['red', 'blue'] };
      const red = await add(images, { ...listed, tags: ['red'] });
      const both = await add(images, { ...listed, visibility: 'public' });
      await add(images, { ...listed, filename: 'hill.jpg' });
      await add(images, { ...listed, userId: 'bob', visibility: 'public' });
      const found = (fields: Parameters<typeof searchQuery>[2]) =>
        listAll(images, searchQuery('ada', ['sunset'], { order: 'oldest', limit: 1, ...fields }));
      const contentType = 'image/png' as const;
      for (const [fields, expected] of [
        [{ tags: ['red'] }, [red, both]],
        [{ tags: ['red', 'blue'] }, [both]],
        [{ tags: ['blue', 'green'] }, []],
        [{ tags: ['blue', 'green'], tagMode: 'any' as const }, [both]],
        [{ tags: ['red'], contentType: 'image/jpeg' as const }, [red, both]],
        [{ contentType, tags: ['red'] }, []],
        [{ contentType }, []],
        [{ visibility: 'public' as const }, [both]],
        [{ visibility: 'private' as const, tags: ['red'] }, [red]],
      ] as const)
        assert.deepEqual(await found(fields), byId(...expected), JSON.stringify(fields));
    });

    it('lists ready images of one visibility in each order, of one owner and of all, in pages that may be short', async () => {
      await using harness = await create();
      const { images } = harness;
      const shown: Image[] = [];
      for (let n = 0; n < 12; n += 1) {
        const visibility = n % 4 === 1 ? 'public' : 'private';
        const image = await add(images, { tags: n % 2 === 1 ? ['red'] : [], visibility });
        if (visibility === 'public') shown.push(image);
      }
      for (const order of ['newest', 'oldest', 'taken-newest', 'taken-oldest'] as const)
        for (const tags of [[], ['red']])
          for (const userId of ['ada', undefined])
            for (const limit of [1, 2, 3, 1_000]) {
              const asked = { status: 'ready', userId, tags, tagMode: 'all', order, limit } as const;
              const expected = order.endsWith('newest') ? byId(...shown).toReversed() : byId(...shown);
              assert.deepEqual(await listAll(images, { ...asked, visibility: 'public' }), expected);
            }
    });

    it('tells the tags of ready images of one owner, by their beginning, with how many have each', async () => {
      await using harness = await create();
      const { images } = harness;
      const tagged = [['sea', 'red'], ['sea', 'Sea', 'sea\u{1f30a}'], ['seagull'], ['s%', 's_', 'sea']];
      for (const tags of tagged) await add(images, { tags });
      await add(images, { tags: ['sea', 'secret'], userId: 'bob' });
      await add(images, { tags: ['sea', 'soon'] }, 'pending');
      const trashed = (await add(images, { tags: ['sea', 'seal'] })) as ReadyImage;
      assert.equal(await images.replace(trashed, trash(trashed, NOW, NOW)), true);
      const told = async (prefix: string, limit = 50) =>
        (await images.tags({ userId: 'ada', prefix, limit })).map(({ tag, images: count, isMore }) => {
          assert.equal(isMore, false);
          return `${tag} ${count}`;
        });
      assert.deepEqual(await told(''), ['Sea 1', 'red 1', 's% 1', 's_ 1', 'sea 3', 'seagull 1', 'sea\u{1f30a} 1']);
      assert.deepEqual(await told('se'), ['sea 3', 'seagull 1', 'sea\u{1f30a} 1']);
      assert.deepEqual(await told('se', 2), ['sea 3', 'seagull 1']);
      assert.deepEqual(await told('seagull'), ['seagull 1']);
      assert.deepEqual(await told('seagulls'), []);
      assert.deepEqual(await images.tags({ userId: 'cora', prefix: '', limit: 50 }), []);
    });

    it("finds the stored images of a user by their bytes, ready ones first, and nobody else's", async () => {
      await using harness = await create();
      const { images } = harness;
      const known = (...digests: readonly string[]) => images.known({ userId: 'ada', digests });
      const [one, other, none] = ['1', '2', '3'].map((digit) => digit.repeat(64)) as [string, string, string];
      const addBytes = async (sha256: string, userId = 'ada'): Promise<ReadyImage> => {
        const pending = samplePending({ id: newImageId(), userId });
        const ready = { ...samplePublished(pending), sha256 };
        assert.equal(await images.create(pending), true);
        assert.equal(await images.replace(pending, ready), true);
        return ready;
      };
      const image = await addBytes(one);
      const again = await addBytes(one);
      const single = await addBytes(other);
      await addBytes(none, 'bob');
      const trashed = trash(image, NOW, NOW);
      assert.equal(await images.replace(image, trashed), true);
      assert.deepEqual(await known(none, other, one), [
        { sha256: other, imageId: single.id, status: 'ready' },
        { sha256: one, imageId: again.id, status: 'ready' },
      ]);
      assert.equal(await images.replace(again, tombstone(again, NOW)), true);
      assert.deepEqual(await known(one), [{ sha256: one, imageId: image.id, status: 'trashed' }]);
      assert.equal(await images.replace(trashed, tombstone(trashed, NOW)), true);
      assert.deepEqual(await known(one), []);
    });

    it('follows what is read again, and keeps it through trash and restore', async () => {
      await using harness = await create();
      const { images } = harness;
      const before = await add(images, { filename: 'sunset.jpg' });
      const found = (...asked: string[]) => listAll(images, searchQuery('ada', asked));
      const change = async <To extends Image>(from: Image, to: To, details?: Details | null): Promise<To> => {
        assert.equal(await images.replace(from, to, details === undefined ? {} : { details }), true);
        return to;
      };
      const read = readAgain(before as ReadyImage, { facts: sampleFacts, hasDetails: true });
      await change(before, read, sampleDetails);
      assert.deepEqual(await found('harbour', 'sunset'), [read]);
      const retitled = readAgain(read, { facts: { ...sampleFacts, camera: 'Nikon' }, hasDetails: true });
      await change(read, retitled, { ...sampleDetails, title: 'Pier' });
      assert.deepEqual(await found('harbour'), []);
      assert.deepEqual(await found('iphone'), []);
      assert.deepEqual(await found('pier', 'nikon', 'sea'), [retitled]);
      const trashed = await change(retitled, trash(retitled, NOW, NOW));
      assert.deepEqual(await found('pier'), []);
      const restored = await change(trashed, restore(trashed, NOW, []));
      assert.deepEqual(await found('pier', 'nikon'), [restored]);
      const bare = readAgain(restored, { facts: { ...sampleFacts, camera: null }, hasDetails: false });
      await change(restored, bare, null);
      for (const word of ['pier', 'nikon', 'sea']) assert.deepEqual(await found(word), []);
      assert.deepEqual(await found('sunset'), [bare]);
    });

    it('distinguishes words that begin alike, however long', async () => {
      await using harness = await create();
      const [long, longer] = ['photographic', 'photographically'];
      const one = await add(harness.images, { filename: `${long}.jpg` });
      const other = await add(harness.images, { filename: `${longer}.jpg` });
      const found = (word: string) => listAll(harness.images, searchQuery('ada', [word], { order: 'oldest' }));
      assert.deepEqual(await found(long), byId(one, other));
      assert.deepEqual(await found(longer), [other]);
      assert.deepEqual(await found('photography'), []);
    });

    it('follows an edit and a deletion', async () => {
      await using harness = await create();
      const { images } = harness;
      const before = await add(images, { filename: 'a.jpg', description: 'old words' });
      const after = describeImage(before as ReadyImage, { description: 'new words' }, NOW) as ReadyImage;
      assert.equal(await images.replace(before, after), true);
      const found = (...words: string[]) => listAll(images, searchQuery('ada', words));
      assert.deepEqual(await found('old'), []);
      assert.deepEqual(await found('new', 'words'), [after]);
      assert.equal(await images.replace(before, describeImage(before as ReadyImage, { description: 'x' }, NOW)), false);
      assert.deepEqual(await found('x'), []);
      await images.replace(after, tombstone(after, NOW));
      assert.deepEqual(await found('words'), []);
    });

    it('takes text of another owner, quotes and operators as text', async () => {
      await using harness = await create();
      const image = await add(harness.images, { filename: 'x.jpg', description: '"sea" OR NOT near* (terms:hill)' });
      for (const word of ['or', 'not', 'near', 'terms', 'hill']) {
        assert.deepEqual(await listAll(harness.images, searchQuery('ada', [word])), [image]);
        assert.deepEqual(await listAll(harness.images, searchQuery('bob', [word])), []);
      }
    });

    it('finds exactly what matches, whatever is added, edited or deleted between pages', async () => {
      await fc.assert(
        fc.asyncProperty(populations, queries, changes, async (population, query, edits) => {
          await using harness = await create();
          const stored = new Map<ImageId, Image>();
          const store = (image: Image) => stored.set(image.id, image);
          for (const { status, camera, ...fields } of population) {
            const image = await add(harness.images, fields, status);
            store(image);
            if (image.status !== 'ready' || camera === null) continue;
            const read = readAgain(image, { facts: { ...sampleFacts, camera }, hasDetails: false });
            assert.equal(await harness.images.replace(image, read), true);
            store(read);
          }
          const matching = () => modelList(stored.values(), query).map(({ id }) => id);

          let matchedThroughout = matching();
          const seen: ImageId[] = [];
          let after = query.after;
          for (let turn = 0; ; turn += 1) {
            const asked: FindQuery = { ...query, after };
            const page = await harness.images.find(asked);
            checkPage(page, asked, modelList(stored.values(), asked));
            seen.push(...page.images.map(({ id }) => id));
            if (page.next === null) break;
            assert.ok(after === undefined || isBehind(page.next, after, query));
            after = page.next;
            for (const { at, text, camera } of edits[turn] ?? []) {
              const image = [...stored.values()][at % stored.size];
              if (image?.status !== 'ready') continue;
              const edited = describeImage(image, { description: text }, NOW);
              const to = text === null ? tombstone(image, NOW) : { ...edited, facts: { ...sampleFacts, camera } };
              assert.equal(await harness.images.replace(image, to), true);
              store(to);
            }
            const still = new Set(matching());
            matchedThroughout = matchedThroughout.filter((id) => still.has(id));
          }
          assert.equal(new Set(seen).size, seen.length, 'none is seen twice');
          assert.deepEqual(
            matchedThroughout.filter((id) => !seen.includes(id)),
            [],
            'none is skipped',
          );
        }),
        { numRuns: 30 },
      );
    });
  });
}

const readAgain = (image: ReadyImage, reading: Reading): ReadyImage => ({
  ...image,
  ...reading,
  revision: image.revision + 1,
});

const byId = (...images: readonly Image[]): Image[] => images.toSorted((a, b) => (a.id < b.id ? -1 : 1));

type Fields = Partial<Pick<Image, 'userId' | 'filename' | 'description' | 'id' | 'visibility'>> & {
  readonly tags?: readonly string[];
};

async function add(images: ImageRepository, fields: Fields, status: Sample['status'] = 'ready'): Promise<Image> {
  const pending = samplePending({ id: newImageId(), ...fields });
  const settled = sampleSettled(pending, status);
  assert.equal(await images.create(pending), true);
  if (settled !== pending) assert.equal(await images.replace(pending, settled), true);
  return settled;
}

type Sample = Fields & { readonly status: 'ready' | 'pending' | 'rejected' | 'expired' };

/** Few words, which begin alike, and few milliseconds, so that many images share one. */
const words = ['sun', 'sunset', 'sea', 'seagulls', 'seagullsandsand', 'hill'];
const texts = fc.subarray(words).map((some) => some.join(' '));
const moments = fc.integer({ min: 0, max: 2 }).map((ms) => new Date(NOW.getTime() + ms));

const populations = fc.array(
  fc.record({
    id: moments.map((moment) => newImageId(moment)),
    userId: fc.constantFrom('ada', 'ada', 'ada', 'bob'),
    filename: fc.constantFrom('sunset.jpg', 'hill.jpg', '!'),
    description: fc.option(texts),
    camera: fc.option(texts),
    tags: fc.subarray(['red', 'blue']),
    visibility: fc.constantFrom('private' as const, 'public' as const),
    status: fc.constantFrom('ready' as const, 'ready' as const, 'ready' as const, 'pending' as const),
  }),
  { minLength: 5, maxLength: 25, size: 'max' },
);

const changes = fc.array(
  fc.array(fc.record({ at: fc.nat(), text: fc.option(texts), camera: fc.option(texts) }), { maxLength: 5 }),
  {
    maxLength: 6,
  },
);

const queries = fc
  .record({
    words: fc.subarray(['s', 'sun', 'sea', 'seagulls', 'seagullsand', 'hill', 'jpg', 'none'], {
      minLength: 1,
      maxLength: 3,
    }),
    searchesFacts: fc.boolean(),
    tags: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.subarray(['red', 'blue', 'green'])),
    tagMode: fc.constantFrom('all' as const, 'any' as const),
    contentType: fc.constantFrom(undefined, undefined, 'image/jpeg' as const, 'image/png' as const),
    visibility: fc.constantFrom(undefined, undefined, 'private' as const, 'public' as const),
    order: fc.constantFrom('newest' as const, 'oldest' as const),
    limit: fc.constantFrom(1, 2, 5, 1_000),
    dates: fc.constantFrom(
      {},
      { createdFrom: new Date(NOW.getTime() + 1) },
      { createdBefore: new Date(NOW.getTime() + 2) },
    ),
    after: fc.option(
      moments.map((moment) => newImageId(createdAt(newImageId(moment)))),
      { nil: undefined },
    ),
  })
  .map(({ words: asked, dates, ...query }) => searchQuery('ada', asked, { ...query, ...dates }));
