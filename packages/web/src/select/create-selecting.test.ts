import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createLibrary } from '../library/create-library.ts';
import type { Library, Picture } from '../library/library.ts';
import { type Listed, listed } from '../library/listed.fixture.ts';
import { createSelecting, MOST_SELECTED, type Selecting } from './create-selecting.ts';

/** Each picture is of another day, the first one the newest. */
const FIRST_DAY = Date.UTC(2024, 6, 31, 12);
const DAY_MS = 86_400_000;
const idOf = (index: number): string => `01976f6e-0000-7000-8000-${String(index).padStart(12, '0')}`;
const pictureOf = (index: number, more: Partial<Picture> = {}): Picture => ({
  image_id: idOf(index),
  user_id: 'me',
  filename: `${index}.jpg`,
  content_type: 'image/jpeg',
  width: 300,
  height: 200,
  created_at: '2026-01-01T00:00:00.000Z',
  description: null,
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'ready',
  size: 1_000,
  revision: 1,
  facts: { taken_at: new Date(FIRST_DAY - index * DAY_MS).toISOString().slice(0, -1) },
  ...more,
});

interface Opened extends Listed {
  readonly library: Library;
  readonly selecting: Selecting;
  readonly ends: () => number;
  /** Waits for a state of the selection. */
  until(isSo: () => boolean): Promise<void>;
  names(): readonly string[];
}

async function open(t: TestContext, count: number): Promise<Opened> {
  const service = listed(Array.from({ length: count }, (_, index) => pictureOf(index)));
  const library = createLibrary({ client: service.client, user: 'me', order: 'capture' });
  t.after(library.close);
  const until = async (isSo: () => boolean): Promise<void> => {
    for (let n = 0; n < 10_000 && !isSo(); n += 1) await new Promise(setImmediate);
    assert.ok(isSo());
  };
  await until(() => library.snapshot().months !== undefined || library.snapshot().oldest !== undefined);
  let ended = 0;
  const selecting = createSelecting(library, () => (ended += 1));
  const names = () => selecting.members().map(({ filename }) => filename.replace('.jpg', ''));
  return { ...service, library, selecting, ends: () => ended, until, names };
}

const at = (library: Library, index: number): string => library.positionOf(pictureOf(index));

describe('selecting', () => {
  it('counts pictures and bytes, and ends with the last one', async (t) => {
    const { library, selecting, ends, names } = await open(t, 20);
    selecting.toggle(at(library, 3));
    selecting.toggle(at(library, 5));
    assert.deepEqual(names(), ['3', '5']);
    const { count, bytes } = selecting.snapshot();
    assert.deepEqual([count, bytes], [2, 2_000]);
    selecting.toggle(at(library, 3));
    assert.equal(ends(), 0);
    selecting.toggle(at(library, 5));
    assert.equal(ends(), 1);
  });

  it('extends a range from the latest picture, instead of the range before', async (t) => {
    const { library, selecting, names } = await open(t, 20);
    selecting.toggle(at(library, 1));
    selecting.toggle(at(library, 5));
    selecting.extend(at(library, 8));
    assert.deepEqual(names(), ['1', '5', '6', '7', '8']);
    selecting.extend(at(library, 3));
    assert.deepEqual(names(), ['1', '3', '4', '5']);
    selecting.anchor(at(library, 9));
    selecting.extend(at(library, 10));
    assert.deepEqual(names(), ['1', '3', '4', '5', '9', '10']);
  });

  it('selects days and a month, and takes them back if all of them are selected', async (t) => {
    const { library, selecting, names } = await open(t, 60);
    const day = (index: number): number => FIRST_DAY - index * DAY_MS;
    selecting.toggleDays(day(4), day(2));
    assert.deepEqual(names(), ['2', '3', '4']);
    assert.ok(selecting.hasDays(day(4), day(2)));
    assert.ok(!selecting.hasDays(day(5), day(5)));
    selecting.toggle(at(library, 40));
    selecting.toggleDays(day(4), day(2));
    assert.deepEqual(names(), ['40']);
    selecting.toggleMonth({ year: 2024, month: 6 });
    assert.equal(selecting.snapshot().count, 32);
    assert.ok(selecting.hasMonth({ year: 2024, month: 6 }));
    selecting.toggleMonth({ year: 2024, month: 6 });
    assert.deepEqual(names(), ['40']);
  });

  it('reads what is not loaded, and nothing twice', async (t) => {
    const { library, selecting, asked, until } = await open(t, 2_500);
    selecting.toggle(at(library, 0));
    const before = asked.length;
    selecting.selectAll();
    assert.ok(selecting.snapshot().isReading);
    await until(() => !selecting.snapshot().isReading);
    assert.equal(selecting.snapshot().count, 2_500);
    assert.equal(new Set(selecting.members().map(({ image_id }) => image_id)).size, 2_500);
    assert.equal(asked.length - before, 3);
    assert.ok(asked.slice(before).every((query) => !query.get('fields')?.includes('placeholder')));
    selecting.extend(at(library, 2_000));
    assert.ok(!selecting.snapshot().isReading);
    assert.equal(asked.length - before, 3);
  });

  it('stops where it is told to', async (t) => {
    const { selecting, until } = await open(t, 5_000);
    const unsubscribe = selecting.subscribe(() => {
      if (selecting.snapshot().count < 1_000) return;
      unsubscribe();
      selecting.stop();
    });
    selecting.selectAll();
    await until(() => selecting.snapshot().count > 1_000 && !selecting.snapshot().isReading);
    const { count, isReading } = selecting.snapshot();
    assert.ok(count < 5_000 && !isReading);
    for (let n = 0; n < 100; n += 1) await new Promise(setImmediate);
    assert.equal(selecting.snapshot().count, count);
    assert.equal(selecting.members().length, count);
  });

  it('has at most ten thousand, and says so', async (t) => {
    const { selecting, until } = await open(t, MOST_SELECTED + 300);
    selecting.selectAll();
    await until(() => !selecting.snapshot().isReading);
    const { count, isFull } = selecting.snapshot();
    assert.deepEqual([count, isFull], [MOST_SELECTED, true]);
  });

  it('keeps its pictures when others arrive among them, and forgets those that leave', async (t) => {
    const { library, selecting, names, pictures } = await open(t, 20);
    selecting.toggle(at(library, 2));
    selecting.extend(at(library, 6));
    const arriving = pictureOf(900, {
      facts: { taken_at: new Date(FIRST_DAY - 4.5 * DAY_MS).toISOString().slice(0, -1) },
    });
    pictures.set(arriving.image_id, arriving);
    library.put(arriving);
    library.put(pictureOf(800, { facts: { taken_at: '2024-08-01T00:00:00.000' } }));
    assert.deepEqual(names(), ['2', '3', '4', '5', '6']);
    library.remove(idOf(3));
    library.lose(idOf(5));
    assert.deepEqual(names(), ['2', '4', '6']);
    assert.equal(selecting.snapshot().count, 3);
    selecting.toggle(library.positionOf(arriving));
    assert.deepEqual(names(), ['2', '4', '900', '6']);
  });

  it('says why the rest could not be read, and keeps what it has', async (t) => {
    const { library, selecting, until } = await open(t, 400);
    selecting.toggle(at(library, 0));
    library.close();
    selecting.selectAll();
    await until(() => !selecting.snapshot().isReading);
    const { count, error } = selecting.snapshot();
    assert.deepEqual([count, error?.code], [library.snapshot().pictures.length, 'aborted']);
  });
});
