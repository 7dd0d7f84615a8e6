import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { belongs } from './belongs.ts';
import { createLibrary } from './create-library.ts';
import type { Library, Picture } from './library.ts';
import { ALL, type LibraryQuery } from './library-query.ts';
import { listed } from './listed.fixture.ts';
import { firstAt } from './position.ts';

const UPLOADED = Date.UTC(2026, 10, 20);

const pictureOf = (number: number, about: Partial<Picture> = {}): Picture => ({
  image_id: `${firstAt(UPLOADED + number, 'upload').slice(0, 24)}${String(number).padStart(12, '0')}`,
  user_id: 'me',
  filename: `${number}.jpg`,
  content_type: 'image/jpeg',
  width: 300,
  height: 200,
  created_at: '2026-11-20T00:00:00Z',
  description: null,
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'ready',
  tags: [],
  visibility: 'private',
  ...about,
});
const takenAt = (clock: string) => ({ facts: { taken_at: clock } });

describe('a picture belongs to a query', () => {
  const sea: LibraryQuery = { ...ALL, tags: ['sea'] };
  const july: LibraryQuery = { ...ALL, month: '2024-07' };

  it('with all of its tags, its type and its visibility', () => {
    const picture = pictureOf(1, { tags: ['sea', 'wind'], content_type: 'image/heic', visibility: 'public' });
    const all: LibraryQuery = { ...ALL, tags: ['wind', 'sea'], type: 'image/heic', visibility: 'public' };
    assert.equal(belongs(picture, ALL, 'capture'), true);
    assert.equal(belongs(picture, all, 'capture'), true);
    const others: readonly Partial<LibraryQuery>[] = [
      { tags: ['sea', 'sand'] },
      { type: 'image/jpeg' },
      { visibility: 'private' },
    ];
    for (const other of others) assert.equal(belongs(picture, { ...all, ...other }, 'capture'), false);
  });

  it('within its month by the clock, or by the upload if it says no date', () => {
    for (const [clock, isIn] of [
      ['2024-06-30T23:59:59.999', false],
      ['2024-07-01T00:00:00.000', true],
      ['2024-07-31T23:59:59.999', true],
      ['2024-08-01T00:00:00.000', false],
    ] as const)
      assert.equal(belongs(pictureOf(1, takenAt(clock)), july, 'capture'), isIn, clock);
    assert.equal(belongs(pictureOf(1), { ...ALL, month: '2026-11' }, 'capture'), true);
    assert.equal(belongs(pictureOf(1, takenAt('2024-07-04T12:00:00.000')), july, 'upload'), false);
    assert.equal(belongs(pictureOf(1), { ...ALL, month: '2026-11' }, 'upload'), true);
  });

  it('and nobody but the service knows whether it has the words', () => {
    assert.equal(belongs(pictureOf(1, { tags: ['sea'] }), { ...sea, words: 'boat' }, 'capture'), undefined);
    assert.equal(belongs(pictureOf(1), { ...sea, words: 'boat' }, 'capture'), false);
  });
});

describe('a library of a query', () => {
  /** The service filters by tags and words of names. */
  const filtered = (picture: Picture, query: URLSearchParams): boolean =>
    query.getAll('tag').every((tag) => picture.tags?.includes(tag)) &&
    picture.filename.startsWith(query.get('q') ?? '');

  const opened = (t: TestContext, query: LibraryQuery, pictures: readonly Picture[]) => {
    const service = listed(pictures, { filtered });
    const library = createLibrary({ client: service.client, user: 'me', order: 'capture', query });
    t.after(library.close);
    return { ...service, library };
  };
  const names = (library: Library): readonly string[] => library.snapshot().pictures.map(({ filename }) => filename);
  const until = (library: Library, isSo: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isSo()) return;
        leave();
        resolve();
      };
      const leave = library.subscribe(look);
      look();
    });

  it('takes in uploads and changes that it has, and loses what it no longer has', async (t) => {
    const tagged = pictureOf(1, { tags: ['sea'] });
    const { library } = opened(t, { ...ALL, tags: ['sea'] }, [tagged, pictureOf(2)]);
    await until(library, () => library.snapshot().isEmpty === false);
    assert.deepEqual(names(library), ['1.jpg']);
    library.arrive(pictureOf(3));
    library.put(pictureOf(2));
    assert.equal(library.snapshot().arrived, 0);
    library.arrive(pictureOf(4, { tags: ['sea'] }));
    assert.equal(library.snapshot().arrived, 1);
    library.put(pictureOf(2, { tags: ['sea'] }));
    assert.deepEqual(names(library), ['2.jpg', '1.jpg']);
    library.put({ ...tagged, tags: ['wind'] });
    assert.equal(library.loaded(tagged.image_id)?.status, 'deleted');
  });

  it('asks for no months, and for nothing beyond its own', async (t) => {
    const july = pictureOf(1, takenAt('2024-07-14T12:00:00.000'));
    const june = pictureOf(2, takenAt('2024-06-14T12:00:00.000'));
    const { library, asked } = opened(t, { ...ALL, month: '2024-07' }, [july, june]);
    await until(library, () => library.snapshot().oldest !== undefined);
    assert.deepEqual([names(library), library.snapshot().months], [['1.jpg'], undefined]);
    assert.equal(await library.find(june.image_id), undefined);
    assert.equal(library.snapshot().error, undefined);
    for (const query of asked) {
      assert.equal(query.get('taken_from'), '2024-07-01T00:00:00.000');
      assert.ok((query.get('taken_to') ?? '') <= '2024-07-31T23:59:59.999');
      assert.ok((query.get('taken_from') ?? '') <= (query.get('taken_to') ?? ''));
    }
  });

  it('with words is in the order of uploads, and asks the service which uploads it has', async (t) => {
    const boat = pictureOf(1, { filename: 'boat 1', ...takenAt('2024-07-14T12:00:00.000') });
    const other = pictureOf(2, { filename: 'boat 2', ...takenAt('2024-07-01T12:00:00.000') });
    const { library, pictures, asked } = opened(t, { ...ALL, words: 'boat', month: '2024-07' }, [boat, other]);
    await until(library, () => library.snapshot().isEmpty === false);
    assert.deepEqual([library.order, names(library)], ['upload', ['boat 2', 'boat 1']]);
    assert.deepEqual(
      ['order', 'q', 'taken_from', 'taken_to'].map((name) => asked[0]?.get(name)),
      ['newest', 'boat', '2024-07', '2024-07'],
    );
    for (const upload of [3, 4]) {
      const arrived = pictureOf(upload, {
        filename: upload === 3 ? 'boat 3' : 'house',
        ...(boat.facts && { facts: boat.facts }),
      });
      pictures.set(arrived.image_id, arrived);
      library.arrive(arrived);
    }
    await until(library, () => library.snapshot().arrived > 0);
    assert.equal(library.snapshot().arrived, 1);
    assert.deepEqual(names(library), ['boat 2', 'boat 1']);
    library.remove(boat.image_id);
    library.put(boat);
    assert.deepEqual(names(library), ['boat 2', 'boat 1'], 'expected Undo to put it back');
  });
});
