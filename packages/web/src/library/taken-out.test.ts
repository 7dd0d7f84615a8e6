import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { createLibrary } from './create-library.ts';
import type { Library, Picture } from './library.ts';
import { ALL, type LibraryQuery } from './library-query.ts';
import { listed } from './listed.fixture.ts';
import { firstAt } from './position.ts';

const UPLOADED = Date.UTC(2026, 10, 20);

const pictureOf = (number: number): Picture => ({
  image_id: firstAt(UPLOADED + number, 'upload'),
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
  tags: ['sea'],
  revision: 2,
});
const [older, newer] = [pictureOf(1), pictureOf(2)];
const newerAt = (revision: number): Picture => ({ ...newer, revision });

/** Answers are under way while `holding.answers` is pending. */
async function opened(t: TestContext, query?: Partial<LibraryQuery>) {
  const holding: { answers: Promise<void> | undefined; waiting: number } = { answers: undefined, waiting: 0 };
  const arriving = async (): Promise<void> => {
    holding.waiting += 1;
    await holding.answers;
    holding.waiting -= 1;
  };
  const filtered = ({ tags = [] }: Picture, asked: URLSearchParams): boolean =>
    asked.getAll('tag').every((tag) => tags.includes(tag));
  const service = listed([older, newer], { arriving, filtered });
  const options = { client: service.client, user: 'me', order: 'upload' } as const;
  const library = createLibrary({ ...options, ...(query && { query: { ...ALL, ...query } }) });
  t.after(library.close);
  await turnsUntil(() => service.asked.length > 0 && holding.waiting === 0);
  const readBy = async (act: () => void): Promise<void> => {
    const before = service.asked.length;
    act();
    await turnsUntil(() => service.asked.length > before && holding.waiting === 0);
  };
  return { ...service, library, holding, readBy };
}

const MOST_TURNS = 10_000;
/** Until it is so, and the page has heard of it. */
async function turnsUntil(isSo: () => boolean): Promise<void> {
  const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
  for (let n = 0; !isSo(); n += 1) {
    assert.ok(n < MOST_TURNS, `expected ${isSo}`);
    await turn();
  }
  for (let n = 0; n < 20; n += 1) await turn();
}

const shown = (library: Library) => ({
  names: library.snapshot().pictures.map(({ filename }) => filename),
  arrived: library.snapshot().arrived,
});
const WITHOUT = { names: ['1.jpg'], arrived: 0 };

it('a picture that was taken out stays away from a list that the service made before, and that arrives later', async (t) => {
  const { library, holding, readBy } = await opened(t);
  assert.deepEqual(shown(library).names, ['2.jpg', '1.jpg']);
  library.remove(newer.image_id);
  const held = Promise.withResolvers<void>();
  holding.answers = held.promise;
  library.refresh(); // the service hasn't moved it to the trash yet
  await turnsUntil(() => holding.waiting > 0);
  held.resolve();
  await turnsUntil(() => holding.waiting === 0);
  assert.deepEqual(shown(library), WITHOUT);
  await readBy(library.reset);
  assert.deepEqual(shown(library), WITHOUT);
});

it('it comes back with a newer revision, and when it is put', async (t) => {
  const { library, pictures, readBy } = await opened(t);
  library.remove(newer.image_id);
  pictures.set(newer.image_id, newerAt(4)); // somebody restored it
  await readBy(library.refresh);
  assert.deepEqual(shown(library), { names: ['1.jpg'], arrived: 1 });
  library.settle();
  assert.deepEqual(shown(library).names, ['2.jpg', '1.jpg']);
  library.remove(newer.image_id);
  await readBy(library.refresh);
  assert.deepEqual(shown(library), WITHOUT);
  library.put(newerAt(4)); // the service has refused to trash it
  assert.deepEqual(shown(library).names, ['2.jpg', '1.jpg']);
  await readBy(library.refresh);
  assert.deepEqual(shown(library).names, ['2.jpg', '1.jpg']);
});

it('one that has arrived and is taken out before it is shown stays away too', async (t) => {
  const { library, pictures, readBy } = await opened(t);
  const third = { ...pictureOf(3), revision: 1 };
  pictures.set(third.image_id, third);
  await readBy(library.refresh);
  assert.equal(shown(library).arrived, 1);
  library.remove(third.image_id);
  await readBy(library.refresh);
  assert.equal(shown(library).arrived, 0);
});

it("one that one's own edit took out of the filters isn't offered by a list that was made before", async (t) => {
  const { library, holding } = await opened(t, { tags: ['sea'] });
  const held = Promise.withResolvers<void>();
  for (const isAsked of [true, false]) {
    library.putAll([newerAt(2)]);
    holding.answers = held.promise;
    if (isAsked) library.refresh();
    library.putAll([{ ...newerAt(3), tags: [] }]);
    if (!isAsked) library.refresh(); // of a process that hasn't heard of it
    await turnsUntil(() => holding.waiting > 0);
    held.resolve();
    await turnsUntil(() => holding.waiting === 0);
    assert.deepEqual(shown(library), WITHOUT);
  }
});

it('one that was offered, and no longer passes the filters, is offered no longer', async (t) => {
  const { library } = await opened(t, { tags: ['sea'] });
  const third = { ...pictureOf(3), revision: 1 };
  library.arrive(third);
  assert.equal(shown(library).arrived, 1);
  library.arrive({ ...third, tags: [], revision: 2 });
  assert.equal(shown(library).arrived, 0);
});
