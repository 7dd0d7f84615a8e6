import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createLibrary } from './create-library.ts';
import type { Library, Need, Picture } from './library.ts';
import { type Listed, listed } from './listed.fixture.ts';
import { firstAt } from './position.ts';

const UPLOADED = Date.UTC(2026, 10, 20);

/** `number`: a later one was uploaded later. */
const pictureOf = (number: number, takenAt: string | null): Picture => ({
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
  facts: takenAt === null ? null : { taken_at: takenAt },
});

const SCANNED = '1987-01-01T00:00:00.000';

function opened(t: TestContext, pictures: readonly Picture[]): Listed & { readonly library: Library } {
  const service = listed(pictures);
  const library = createLibrary({ client: service.client, user: undefined, order: 'capture' });
  t.after(library.close);
  return { ...service, library };
}

/** Resolves once the library says so. */
const until = (library: Library, isSo: () => boolean): Promise<void> =>
  new Promise((resolve, reject) => {
    const deadline = setTimeout(() => reject(new Error(`expected ${isSo}`)), 30_000);
    const look = (): void => {
      if (!isSo()) return;
      clearTimeout(deadline);
      leave();
      resolve();
    };
    const leave = library.subscribe(look);
    look();
  });

const names = (library: Library): readonly string[] => library.snapshot().pictures.map(({ filename }) => filename);

async function loadAll(library: Library, at: 'newest' | 'oldest'): Promise<void> {
  const gap = () => library.snapshot().segments.findLast(({ kind }) => kind === 'gap');
  for (let one = gap(); one?.kind === 'gap'; one = gap()) {
    const { key } = one;
    const before = library.snapshot().segments;
    library.need([{ gap: one, at } satisfies Need]);
    await until(library, () => library.snapshot().segments !== before && gap()?.key !== key);
  }
}

describe('a library by capture', () => {
  it('has its pictures by their clocks, and those without a date by their upload', async (t) => {
    const dates = ['2019-05-04T23:30:00.000', null, '1969-12-31T23:59:59.999', '1850-01-01T00:00:00.000', SCANNED];
    const { library } = opened(
      t,
      dates.map((date, number) => pictureOf(number, date)),
    );
    await until(library, () => library.snapshot().isEmpty === false);
    assert.deepEqual(names(library), ['1.jpg', '0.jpg', '4.jpg', '2.jpg', '3.jpg']);
  });

  it('reads thousands of pictures of one millisecond without reading any of them again and again', async (t) => {
    const count = 5_000;
    const expected = Array.from({ length: count }, (_, number) => `${number}.jpg`).toReversed();
    for (const at of ['newest', 'oldest'] as const) {
      const { library, asked } = opened(
        t,
        Array.from({ length: count }, (_, number) => pictureOf(number, SCANNED)),
      );
      await until(library, () => library.snapshot().months !== undefined);
      await loadAll(library, at);
      assert.deepEqual(names(library), expected);
      const read = asked.reduce((sum, query) => sum + Number(query.get('limit')), 0);
      assert.ok(
        asked.length <= 30 && read <= 1.2 * count,
        `expected few lists; got ${asked.length} of ${read} pictures`,
      );
    }
  });

  it('knows how far its pictures go where the service has no months, without asking again', async (t) => {
    let askedMonths = 0;
    const months = (): Response => {
      askedMonths += 1;
      const problem = { status: 503, code: 'unavailable', detail: 'expected all images to be counted' };
      return Response.json(problem, { status: 503, headers: { 'retry-after': '60' } });
    };
    const all = Array.from({ length: 150 }, (_, number) => pictureOf(number, number === 0 ? SCANNED : null));
    const { client } = listed(all, { months });
    const library = createLibrary({ client, user: undefined, order: 'capture' });
    t.after(library.close);
    await until(library, () => library.snapshot().oldest !== undefined && askedMonths > 0);
    const { oldest, error } = library.snapshot();
    assert.equal(oldest, Date.parse(`${SCANNED}Z`));
    assert.equal(error, undefined);
    assert.equal(askedMonths, 1);
  });

  it('leaves a picture where it is when its date changes, and lists it once', async (t) => {
    const all = Array.from({ length: 150 }, (_, day) =>
      pictureOf(day, new Date(Date.UTC(2019, 0, 1 + day)).toISOString().slice(0, -1)),
    );
    const { library, pictures } = opened(t, all);
    await until(library, () => library.snapshot().months !== undefined);
    const before = names(library);
    const moved = { ...pictureOf(140, '2019-01-01T12:00:00.000'), description: 'Corrected' };
    pictures.set(moved.image_id, moved);
    library.put(moved);
    assert.equal(library.loaded(moved.image_id)?.description, 'Corrected');
    assert.deepEqual(names(library), before);
    library.settle();
    assert.deepEqual(names(library), before);
    await loadAll(library, 'newest');
    assert.deepEqual(
      names(library),
      all.toReversed().map(({ filename }) => filename),
    );
    pictures.set('new', pictureOf(2_000, '2020-01-01T00:00:00.000')); // the lists of now are there once it has arrived
    library.refresh();
    await until(library, () => library.snapshot().arrived === 1);
    assert.equal(library.loaded(moved.image_id)?.status, 'ready', 'expected it not to be taken for gone');
  });

  it('offers what was uploaded, wherever it was taken, and marks what is gone', async (t) => {
    const all = Array.from({ length: 150 }, (_, day) =>
      pictureOf(day, new Date(Date.UTC(2019, 0, 1 + day)).toISOString().slice(0, -1)),
    );
    const { library, pictures } = opened(t, all);
    await until(library, () => library.snapshot().months !== undefined);
    await loadAll(library, 'newest');
    const old = pictureOf(300, '2019-01-05T12:00:00.000');
    pictures.set(old.image_id, old);
    const gone = all[120]?.image_id ?? '';
    pictures.delete(gone);
    library.refresh();
    await until(library, () => library.snapshot().arrived === 1);
    assert.equal(library.loaded(gone)?.status, 'deleted');
    assert.equal(library.settle()?.image_id, old.image_id);
    assert.deepEqual(names(library).slice(-7, -4), ['5.jpg', '300.jpg', '4.jpg']);
  });

  it('finds a picture at an address, and reveals an upload in its place', async (t) => {
    const all = Array.from({ length: 900 }, (_, day) =>
      pictureOf(day, new Date(Date.UTC(2015, 0, 1 + day)).toISOString().slice(0, -1)),
    );
    const { library, pictures } = opened(t, all);
    const wanted = all[300]?.image_id ?? '';
    assert.equal((await library.find(wanted))?.image_id, wanted);
    assert.equal(await library.find(pictureOf(5_000, null).image_id), undefined);
    assert.equal(library.snapshot().error, undefined);
    const upload = pictureOf(1_000, '2015-02-01T10:00:00.000');
    pictures.set(upload.image_id, upload);
    library.arrive(upload);
    assert.equal(library.loaded(upload.image_id), undefined);
    library.reveal(upload.image_id);
    await until(library, () => library.snapshot().revealed?.image_id === upload.image_id);
    assert.equal((await library.nextOf(library.positionOf(upload)))?.filename, '31.jpg');
    library.reveal(undefined);
    assert.equal(library.snapshot().revealed, undefined);
  });
});
