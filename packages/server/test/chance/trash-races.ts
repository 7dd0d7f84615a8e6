import assert from 'node:assert/strict';
import type { Image } from '../../src/domain/image/image.ts';
import type { Together, Told } from './racers.ts';
import type { Random } from './random.ts';

const PAST_PURGE_MS = 31 * 86_400_000;
/** Tags make the transaction of each transition larger. */
const TAGS = ['sea', 'sun'];

/** Requests and sweeps of any way to run the service. */
export interface TrashRace {
  readonly random: Random;
  readonly together: Together;
  /** The clock of the sweeper. */
  readonly clock: { offsetMs: number };
  ask(method: string, path: string, fields?: object): Promise<Told>;
  sweep(holder: string): Promise<void>;
  record(id: string): Promise<Image>;
  /** An image whose bytes have arrived and weren't examined. */
  arrived(fields: object): Promise<string>;
}

const times = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

function requireStatus(answer: Told | undefined, ...expected: number[]): void {
  assert.ok(
    answer && expected.includes(answer.status),
    `expected ${expected.join(' or ')}; got ${answer?.status} ${answer?.text}`,
  );
}

const countOf = (answers: readonly Told[], status: number): number =>
  answers.filter((answer) => answer.status === status).length;

const trash = (race: TrashRace, id: string) => race.ask('POST', `/images/${id}/trash`);
const restore = (race: TrashRace, id: string) => race.ask('POST', `/images/${id}/restore`);
const remove = (race: TrashRace, id: string) => race.ask('DELETE', `/images/${id}`);
const complete = (race: TrashRace, id: string) => race.ask('POST', `/images/${id}/complete`);

/** The status that the batch answers for its only image. */
async function inBatch(race: TrashRace, verb: 'trash' | 'restore' | 'delete', id: string): Promise<Told> {
  const answer = await race.ask('POST', `/images/${verb}`, { user_id: 'u', image_ids: [id] });
  assert.equal(answer.status, 200, answer.text);
  const [result] = answer.json['results'] as readonly { readonly error?: { readonly status: number } }[];
  return { ...answer, status: result?.error?.status ?? 200 };
}

async function readyImage(race: TrashRace): Promise<string> {
  const id = await race.arrived({ tags: TAGS });
  requireStatus(await complete(race, id), 200);
  return id;
}

async function trashedImage(race: TrashRace): Promise<string> {
  const id = await readyImage(race);
  requireStatus(await trash(race, id), 200);
  return id;
}

/** Asserts that requests and lists show the image in this state only. */
async function requireShown(race: TrashRace, id: string, status: 'ready' | 'trashed' | 'deleted'): Promise<Image> {
  const image = await race.record(id);
  assert.equal(image.status, status);
  requireStatus(await race.ask('GET', `/images/${id}/metadata`), status === 'ready' ? 200 : 404);
  requireStatus(await race.ask('GET', `/images/${id}`), status === 'ready' ? 200 : 404);
  for (const query of ['user_id=u', ...image.tags.map((tag) => `user_id=u&tag=${tag}`), 'user_id=u&status=trashed']) {
    const { text } = await race.ask('GET', `/images?${query}&limit=1000`);
    assert.equal(
      text.includes(id),
      status === (query.includes('trashed') ? 'trashed' : 'ready'),
      `${query}: ${status}`,
    );
  }
  return image;
}

/** Each leaves the image in one of the possible states, which all requests and lists show. */
export const TRASH_RACES: Readonly<Record<string, (race: TrashRace) => Promise<void>>> = {
  'trash against delete: the image is deleted once, and no trash brings it back': async (race) => {
    const id = await readyImage(race);
    const deletes = [() => remove(race, id), () => inBatch(race, 'delete', id), () => remove(race, id)];
    const trashes = [() => trash(race, id), () => inBatch(race, 'trash', id), () => trash(race, id)];
    const answers = await race.together([...deletes, ...trashes]);
    for (const answer of answers) requireStatus(answer, 200, 404);
    assert.equal(countOf(answers.slice(0, deletes.length), 200), 1);
    await requireShown(race, id, 'deleted');
    requireStatus(await restore(race, id), 404);
  },

  'delete against restore of a trashed image: it is deleted, whatever the restore answered': async (race) => {
    const id = await trashedImage(race);
    const [deleted, ...restores] = await race.together([
      () => remove(race, id),
      ...times(3, () => () => restore(race, id)),
    ]);
    requireStatus(deleted, 200);
    for (const answer of restores) requireStatus(answer, 200, 404);
    assert.ok(countOf(restores, 200) <= 1);
    await requireShown(race, id, 'deleted');
  },

  'restore against purge: the image is ready, or deleted for good': async (race) => {
    const id = await trashedImage(race);
    race.clock.offsetMs += PAST_PURGE_MS;
    const [, , restored, ...reads] = await race.together<Told | undefined>([
      () => race.sweep('one').then(() => undefined),
      () => race.sweep('other').then(() => undefined),
      () => restore(race, id),
      ...times(3, () => () => race.ask('GET', `/images/${id}`)),
    ]);
    requireStatus(restored, 200, 404);
    for (const answer of reads) requireStatus(answer, 200, 404);
    await race.sweep('one');
    await requireShown(race, id, restored?.status === 200 ? 'ready' : 'deleted');
  },

  'trash against PATCH: each PATCH is made before it, or is a 404; a restore shows them': async (race) => {
    const id = await readyImage(race);
    const tagsOf = (index: number) => [`${id} ${index}`, 'sky'];
    const [trashed, ...patches] = await race.together([
      () => trash(race, id),
      ...times(4, (index) => () => race.ask('PATCH', `/images/${id}`, { tags: tagsOf(index) })),
    ]);
    requireStatus(trashed, 200);
    for (const answer of patches) requireStatus(answer, 200, 404);
    const changes = countOf(patches, 200);
    const image = await requireShown(race, id, 'trashed');
    assert.equal(image.revision, 3 + changes);
    requireStatus(await restore(race, id), 200);
    const { tags } = await requireShown(race, id, 'ready');
    const possible = patches.flatMap(({ status }, index) => (status === 200 ? [tagsOf(index)] : []));
    const expected = changes === 0 ? [TAGS] : possible;
    assert.ok(
      expected.some((some) => some.join() === tags.join()),
      `${tags} of ${expected.join(' or ')}`,
    );
  },

  'two restores: one answers 200, the other 404': async (race) => {
    const id = await trashedImage(race);
    const answers = await race.together([
      ...times(4, () => () => restore(race, id)),
      () => inBatch(race, 'restore', id),
    ]);
    for (const answer of answers) requireStatus(answer, 200, 404);
    assert.equal(countOf(answers, 200), 1);
    assert.equal((await requireShown(race, id, 'ready')).revision, 4);
  },

  'many trashes answer the same purge_at': async (race) => {
    const id = await readyImage(race);
    const answers = await race.together(times(5, () => () => trash(race, id)));
    for (const answer of answers) requireStatus(answer, 200);
    assert.equal(new Set(answers.map(({ json }) => json['purge_at'])).size, 1);
    assert.equal((await requireShown(race, id, 'trashed')).revision, 3);
  },

  'trashes and restores with a sweep in between: nothing is lost before its time': async (race) => {
    const id = await readyImage(race);
    const answers = await race.together<Told | undefined>([
      () => trash(race, id),
      () => race.sweep('one').then(() => undefined),
      () => restore(race, id),
      () => race.sweep('other').then(() => undefined),
      () => trash(race, id),
      () => restore(race, id),
    ]);
    for (const answer of answers) if (answer) requireStatus(answer, 200, 404);
    const { status } = await race.record(id);
    assert.ok(status === 'ready' || status === 'trashed', status);
    await requireShown(race, id, status);
    if (status === 'trashed') requireStatus(await restore(race, id), 200);
    await requireShown(race, id, 'ready');
  },

  'a purge with a trash of the restored image in between: the new time in the trash counts': async (race) => {
    const id = await trashedImage(race);
    race.clock.offsetMs += PAST_PURGE_MS;
    const restored = await restore(race, id);
    requireStatus(restored, 200);
    const purgeAt = Date.now() + race.clock.offsetMs;
    const [trashed] = await race.together<Told | undefined>([
      () => trash(race, id),
      () => race.sweep('one').then(() => undefined),
      () => race.sweep('other').then(() => undefined),
    ]);
    requireStatus(trashed, 200);
    if (Date.parse(String(trashed?.json['purge_at'])) > purgeAt) await requireShown(race, id, 'trashed');
  },

  'trash against finalize: 409 before the image is ready, and its bytes stay': async (race) => {
    const id = await race.arrived({ tags: TAGS });
    const [trashed, ...completed] = await race.together([
      () => trash(race, id),
      ...times(3, () => () => complete(race, id)),
    ]);
    requireStatus(trashed, 200, 409);
    for (const answer of completed) requireStatus(answer, 200, 404);
    await requireShown(race, id, trashed?.status === 200 ? 'trashed' : 'ready');
    if (trashed?.status !== 200) return;
    requireStatus(await restore(race, id), 200);
    await requireShown(race, id, 'ready');
  },
};
