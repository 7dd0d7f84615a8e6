import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { HeldImage } from '../../domain/image/image.ts';
import { sampleHeld, samplePending } from '../../records/images/sample-images.fixture.ts';
import { createGateTurns, type GateTurn } from './gate-turns.ts';

const imageOf = (userId: string, { failures = 0, uploadedBy = userId as string | null } = {}): HeldImage => {
  const image = sampleHeld(samplePending());
  return { ...image, userId, uploadedBy, screening: { ...image.screening, failures } };
};
const many = (count: number, userId: string, fields?: object) =>
  Array.from({ length: count }, () => imageOf(userId, fields));

/** All that may begin now. */
function begun({ take }: ReturnType<typeof createGateTurns>): readonly GateTurn[] {
  const turns: GateTurn[] = [];
  for (let turn = take(); turn; turn = take()) turns.push(turn);
  return turns;
}
const ownersOf = (turns: readonly GateTurn[]): string => turns.map(({ image }) => image.userId).join(' ');
const ANSWERED = { hung: false };
const HUNG = { hung: true };

describe('the turns of a gate in a round', () => {
  it('are of payers in turn, of each one image until the gate has answered', () => {
    const turns = createGateTurns(4);
    turns.queue([...many(9, 'ada'), ...many(2, 'eve'), ...many(1, 'bob')]);
    const first = begun(turns);
    assert.equal(ownersOf(first), 'ada eve bob');
    assert.ok(turns.hasFreePlace());
    for (const turn of first) turn.end(ANSWERED);
    assert.equal(ownersOf(begun(turns)), 'ada eve ada');
  });

  it('leave one place to others, however many answers a payer got', () => {
    const turns = createGateTurns(4);
    turns.queue(many(40, 'ada'));
    for (let n = 0; n < 5; n += 1) for (const turn of begun(turns)) turn.end(ANSWERED);
    assert.equal(begun(turns).length, 3);
  });

  it('are also of payers beside those that took all places, of each one image', () => {
    const turns = createGateTurns(2);
    turns.queue(['ada', 'bob', 'cyd', 'eve', 'fay'].flatMap((name) => many(2, name)));
    const all = begun(turns);
    assert.equal(ownersOf(all), 'ada bob cyd eve');
    all[0]?.end(ANSWERED);
    assert.equal(ownersOf(begun(turns)), 'fay');
  });

  it('are at the end of a round of payers without a question under way', () => {
    const turns = createGateTurns(4);
    turns.queue(many(5, 'ada'));
    const slow = begun(turns);
    assert.equal(ownersOf(slow), 'ada');
    turns.close();
    slow[0]?.end(ANSWERED);
    turns.queue([...many(4, 'ada'), ...many(2, 'eve')]);
    const [eve, ...others] = begun(turns);
    assert.deepEqual([eve?.image.userId, others], ['eve', []]);
    eve?.end(ANSWERED);
    assert.equal(ownersOf(begun(turns)), 'eve');
  });

  it('end for a payer whose first question hung, and go on for others', () => {
    const turns = createGateTurns(4);
    const flood = many(5, 'ada');
    turns.queue([...flood, ...many(3, 'eve')]);
    const [ada, eve] = begun(turns);
    assert.deepEqual(turns.giveUp(), [], 'it may still answer');
    ada?.end(HUNG);
    assert.deepEqual(
      turns.giveUp().map(({ image }) => image),
      flood.slice(1),
    );
    eve?.end(ANSWERED);
    assert.equal(ownersOf(begun(turns)), 'eve eve');
    turns.queue(many(2, 'ada'));
    assert.equal(turns.take(), undefined);
    assert.equal(turns.giveUp().length, 2, 'also those that come later in the round');
  });

  it('are fewer after a question that hung among answered ones', () => {
    const turns = createGateTurns(8);
    turns.queue(many(40, 'ada'));
    for (const size of [1, 2, 4]) {
      const some = begun(turns);
      assert.equal(some.length, size);
      for (const turn of some) turn.end(ANSWERED);
    }
    const seven = begun(turns);
    assert.equal(seven.length, 7);
    const [first, second, ...others] = seven;
    first?.end(HUNG);
    second?.end(HUNG);
    assert.equal(turns.take(), undefined, 'five are still under way');
    for (const turn of others.slice(0, 4)) turn.end(HUNG);
    assert.equal(turns.take(), undefined);
    others[4]?.end(ANSWERED);
    assert.equal(begun(turns).length, 1);
  });

  it('are of 50 images of a payer that wait: the others come back later, 200 in a minute', () => {
    const turns = createGateTurns(4);
    turns.queue([...many(450, 'ada'), ...many(2, 'eve')]);
    const given = turns.giveUp();
    assert.deepEqual(new Set(given.map(({ image }) => image.userId)), new Set(['ada']));
    const minutes = Map.groupBy(given, ({ afterMs }) => afterMs / 60_000);
    assert.deepEqual(
      [...minutes].map(([minute, images]) => [minute, images.length]),
      [
        [1, 199],
        [2, 200],
        [3, 1],
      ],
    );
    assert.equal(ownersOf(begun(turns)), 'ada eve');
  });

  it('are of images first that the gate was never asked about, within a payer', () => {
    const turns = createGateTurns(1);
    const [failed, fresh] = [imageOf('ada', { failures: 2 }), imageOf('ada')];
    turns.queue([failed, fresh, ...many(1, 'eve', { failures: 1 })]);
    const order: HeldImage[] = [];
    for (let turn = turns.take(); turn; turn = turns.take()) {
      order.push(turn.image);
      turn.end(ANSWERED);
    }
    assert.deepEqual(
      order.map(({ userId, screening }) => `${userId} ${screening.failures}`),
      ['ada 0', 'eve 1', 'ada 2'],
    );
  });

  it('charge owners that no credential proved together, and then one by one', () => {
    const turns = createGateTurns(8);
    const claimed = ['x', 'y', 'z'].flatMap((name) => many(2, name, { uploadedBy: null }));
    turns.queue([...claimed, ...many(3, 'eve')]);
    const order: string[] = [];
    for (let turn = turns.take(); turn; turn = turns.take()) {
      order.push(turn.image.userId);
      turn.end(ANSWERED);
    }
    assert.equal(order.slice(0, 6).join(' '), 'x eve y eve z eve');
  });
});
