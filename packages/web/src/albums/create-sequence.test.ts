import assert from 'node:assert/strict';
import { it } from 'node:test';
import { SafelightError } from '@safelight/client';
import type { Picture } from '../library/library.ts';
import { type AskedPage, createSequence, type ListedPage, type Sequence } from './create-sequence.ts';

const picture = (id: string): Picture =>
  ({ image_id: id, user_id: 'me', filename: `${id}.jpg`, status: 'ready', revision: 1 }) as Picture;

/** An album of the service, and the list of it. `failing`: how many of the next requests fail. */
function albumOf(count: number, failing = 0) {
  const state = { ids: Array.from({ length: count }, (_, index) => `p${index}`), failing, requests: 0, revision: 'a' };
  const read = async ({ cursor, limit }: AskedPage): Promise<ListedPage> => {
    state.requests += 1;
    if (state.failing > 0) {
      state.failing -= 1;
      throw new SafelightError('invalid-request', 'no');
    }
    const [revision, after] = cursor?.split(' ') ?? [];
    if (cursor !== undefined && revision !== state.revision) throw new SafelightError('invalid-cursor', 'changed');
    const from = after === undefined ? 0 : state.ids.indexOf(after) + 1;
    const ids = state.ids.slice(from, from + limit);
    const isEnd = from + ids.length >= state.ids.length;
    return { images: ids.map(picture), next_cursor: isEnd ? null : `${state.revision} ${ids.at(-1)}` };
  };
  const sequence = createSequence({ order: 'manual', read, images: count });
  return { state, sequence };
}

const namesOf = (sequence: Sequence): readonly string[] => sequence.snapshot().pictures.map(({ image_id }) => image_id);

const until = async (sequence: Sequence, isSo: () => boolean): Promise<void> => {
  if (isSo()) return;
  await new Promise<void>((resolve) => {
    const leave = sequence.subscribe(() => {
      if (!isSo()) return;
      leave();
      resolve();
    });
  });
};

it('reads pages as they are needed, and all members of a selection', async () => {
  const { state, sequence } = albumOf(450);
  await until(sequence, () => namesOf(sequence).length === 100);
  const last = sequence.loaded('p99');
  assert.equal((await sequence.nextOf(last?.at ?? ''))?.image_id, 'p100');
  const { members } = await sequence.membersBelow('g', 1_000);
  assert.deepEqual(
    members.map(({ image_id }) => image_id),
    state.ids,
  );
  assert.equal(sequence.snapshot().segments.at(-1)?.kind, 'block');
});

it('finds the neighbours of a picture that is not loaded yet', async () => {
  const { sequence } = albumOf(450);
  const position = sequence.positionOf(picture('p320'));
  assert.equal((await sequence.nextOf(position))?.image_id, 'p321');
  assert.equal((await sequence.previousOf(position))?.image_id, 'p319');
  assert.equal(await sequence.find('elsewhere'), undefined);
});

it('reads on to the last picture', async () => {
  const { state, sequence } = albumOf(450);
  await until(sequence, () => namesOf(sequence).length === 100);
  assert.equal((await sequence.previousOf(''))?.image_id, 'p449');
  const { requests } = state;
  assert.equal((await sequence.previousOf(sequence.loaded('p200')?.at ?? ''))?.image_id, 'p199');
  assert.equal(state.requests, requests);
});

it('brings back what was taken out, and the first and the last pictures', async () => {
  const { state, sequence } = albumOf(3);
  await until(sequence, () => namesOf(sequence).length === 3);
  const removed = sequence.removeAll(new Set(['p0', 'p2']));
  assert.deepEqual(namesOf(sequence), ['p1']);
  sequence.putAll(removed);
  assert.deepEqual(namesOf(sequence), state.ids);
  sequence.removeAll(new Set(state.ids));
  assert.equal(sequence.snapshot().isEmpty, true);
  sequence.put(picture('p1'));
  assert.deepEqual(namesOf(sequence), ['p1']);
  sequence.put(picture('of another album'));
  assert.deepEqual(namesOf(sequence), ['p1']);
});

it('moves pictures, and shows what others have moved, added and removed after a refresh', async () => {
  const { state, sequence } = albumOf(4);
  await until(sequence, () => namesOf(sequence).length === 4);
  sequence.move(['p3', 'p1'], undefined);
  assert.deepEqual(namesOf(sequence), ['p3', 'p1', 'p0', 'p2']);
  sequence.move(['p1'], 'p2');
  assert.deepEqual(namesOf(sequence), ['p3', 'p0', 'p2', 'p1']);
  const { at } = sequence.loaded('p0') ?? {};
  state.ids = ['p3', 'p0', 'new', 'p1'];
  sequence.refresh();
  await until(sequence, () => namesOf(sequence).includes('new'));
  assert.deepEqual(namesOf(sequence), state.ids);
  assert.equal(sequence.loaded('p0')?.at, at, 'what nobody has moved stands where it stood');
});

it('tells a failure, asks for nothing more, and goes on after a refresh', async () => {
  const { state, sequence } = albumOf(3, 1);
  await until(sequence, () => sequence.snapshot().error !== undefined);
  const { requests } = state;
  sequence.need([]);
  assert.equal(state.requests, requests);
  sequence.refresh();
  await until(sequence, () => namesOf(sequence).length === 3);
  assert.equal(sequence.snapshot().error, undefined);
});

it('begins the list anew once its cursor is refused', async () => {
  const { state, sequence } = albumOf(150);
  await until(sequence, () => namesOf(sequence).length === 100);
  state.ids = ['new', ...state.ids];
  state.revision = 'b';
  assert.equal((await sequence.find('p149'))?.image_id, 'p149');
  assert.deepEqual(namesOf(sequence), state.ids);
  assert.equal(sequence.snapshot().error, undefined);
});
