import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createUpdatedReader } from './updated-reader.ts';

it('reads a few changed pictures one by one, and the others together when no more change', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const one: string[] = [];
  const many: string[][] = [];
  const read = createUpdatedReader({
    readOne: async (id) => void one.push(id),
    readMany: async (ids) => void many.push([...ids]),
  });
  for (let index = 0; index < 30; index += 1) {
    read(`id-${index}`);
    t.mock.timers.tick(1_000);
  }
  assert.deepEqual([one.length, many], [20, []]);
  t.mock.timers.tick(2_000);
  assert.deepEqual(many, [Array.from({ length: 10 }, (_, index) => `id-${index + 20}`)]);
  read('later');
  assert.deepEqual([one.at(-1), many.length], ['later', 1]);
  t.mock.timers.tick(2_000);
  assert.equal(many.length, 1);
});
