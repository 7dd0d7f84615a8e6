import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createDoubt } from './doubt.ts';

it('most of a page are doubtful from twenty on, and most of all pages from three on', () => {
  const page = (wrong: number, right: number) => createDoubt().isMost({ wrong, right });
  assert.deepEqual([page(2, 0), page(3, 0), page(3, 3), page(19, 30)], [false, true, false, false]);
  const doubt = createDoubt();
  assert.equal(doubt.isMost({ wrong: 0, right: 500 }), false);
  assert.equal(doubt.isMost({ wrong: 19, right: 0 }), false);
  assert.equal(doubt.isMost({ wrong: 20, right: 0 }), true);
  assert.equal(doubt.isMost({ wrong: 500, right: 0 }), true);
  assert.equal(doubt.isMost({ wrong: 1, right: 9 }), true, 'still most of all');
  assert.equal(doubt.isMost({ wrong: 0, right: 100 }), false);
});
