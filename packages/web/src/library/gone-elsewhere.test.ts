import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLibrary } from './create-library.ts';
import type { Library, Picture } from './library.ts';
import { listed } from './listed.fixture.ts';
import { clockAt, firstAt } from './position.ts';

const UPLOADED = Date.UTC(2026, 10, 20);
const HOUR_MS = 3_600_000;

/** `number`: the larger, the older. */
const pictureOf = (number: number, uploadedBefore = number): Picture => ({
  image_id: `${firstAt(UPLOADED - uploadedBefore, 'upload').slice(0, 24)}${String(number).padStart(12, '0')}`,
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
  facts: { taken_at: clockAt(UPLOADED - number * HOUR_MS) },
  revision: 1,
});

async function loadedAll(t: TestContext, given: readonly Picture[]) {
  let requests = 0;
  const count = async (): Promise<void> => {
    requests += 1;
  };
  const service = listed(given, { arriving: count });
  const library = createLibrary({ client: service.client, user: 'me', order: 'capture' });
  t.after(library.close);
  for (let gap = gapIn(library); gap; gap = gapIn(library)) {
    const { segments } = library.snapshot();
    library.need([{ gap, at: 'newest' }]);
    await until(library, () => library.snapshot().segments !== segments);
  }
  await until(library, () => library.snapshot().oldest !== undefined);
  assert.equal(library.snapshot().pictures.length, given.length);
  const refreshed = async (isDone: () => boolean): Promise<number> => {
    requests = 0;
    library.refresh();
    await until(library, isDone);
    return requests;
  };
  return { library, pictures: service.pictures, refreshed };
}

const gapIn = (library: Library) => library.snapshot().segments.findLast((one) => one.kind === 'gap');
const lostOf = (library: Library): readonly string[] =>
  library
    .snapshot()
    .pictures.filter(({ status }) => status === 'deleted')
    .map(({ filename }) => filename);

async function until(library: Library, isSo: () => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const deadline = setTimeout(() => reject(new Error(`expected ${isSo}`)), 30_000);
  const look = (): void => {
    if (isSo()) resolve();
  };
  const leave = library.subscribe(look);
  look();
  await promise.finally(leave);
  clearTimeout(deadline);
}

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, number) => number);

it('after a thousand of the newest were trashed elsewhere, a refresh knows so by a few requests', async (t) => {
  const given = numbers(1_500).map((number) => pictureOf(number));
  const { library, pictures, refreshed } = await loadedAll(t, given);
  for (const { image_id } of given.slice(0, 1_000)) pictures.delete(image_id);
  const requests = await refreshed(() => lostOf(library).length === 1_000);
  assert.ok(requests <= 10, `expected at most 10 requests; got ${requests}`);
  assert.deepEqual(
    lostOf(library),
    given.slice(0, 1_000).map(({ filename }) => filename),
  );
});

it('those whose dates were moved to before the newest stay in their place, among some that are gone', async (t) => {
  const given = numbers(300).map((number) => pictureOf(number));
  const { library, pictures, refreshed } = await loadedAll(t, given);
  const [moved, gone] = [given.slice(0, 20), given.slice(20, 40)];
  for (const one of moved) pictures.set(one.image_id, { ...one, facts: { taken_at: '1999-01-01T00:00:00.000' } });
  for (const { image_id } of gone) pictures.delete(image_id);
  const requests = await refreshed(() => lostOf(library).length > 0);
  assert.ok(requests <= 10, `expected at most 10 requests; got ${requests}`);
  assert.deepEqual(
    lostOf(library),
    gone.map(({ filename }) => filename),
  );
});

it('where they are among too many other uploads, what is loaded is read again in its place', async (t) => {
  // The newest by their dates are the first and the last uploads of all, so that all others are between them.
  const all = 8_000;
  const given = numbers(all).map((number) => pictureOf(number, number % 2 ? number : all - number));
  let requests = 0;
  const count = async (): Promise<void> => {
    requests += 1;
  };
  const service = listed(given, { arriving: count });
  const library = createLibrary({ client: service.client, user: 'me', order: 'capture' });
  t.after(library.close);
  await until(library, () => library.snapshot().oldest !== undefined);
  for (const { image_id } of given.slice(0, 60)) service.pictures.delete(image_id);
  requests = 0;
  const blocks = () => library.snapshot().segments.filter((one) => one.kind === 'block');
  const places = blocks().map(({ key }) => key);
  library.refresh();
  await until(library, () => blocks().every(({ pictures }) => pictures === undefined));
  assert.deepEqual(
    blocks().map(({ key }) => key),
    places,
  );
  library.need(blocks().map((block) => ({ block })));
  await until(library, () => library.snapshot().pictures[0]?.filename === '60.jpg');
  assert.deepEqual(lostOf(library), []);
  assert.ok(requests <= 10, `expected at most 10 requests; got ${requests}`);
});
