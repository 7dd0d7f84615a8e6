import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { GROUPS, groupOf } from './names.ts';
import { createObjectRefs } from './object-refs.ts';

describe('references to objects', () => {
  it('are kept once each, however often they are added', () => {
    const refs = createObjectRefs();
    const expected = new Map(
      Array.from({ length: 20_000 }, (_, number) => [hash('sha256', `${number}`), number * 2 ** 25]),
    );
    for (let times = 0; times < 3; times += 1) for (const [sha256, sizeBytes] of expected) refs.add(sha256, sizeBytes);
    const got = GROUPS.flatMap((group) => [...refs.group(group)]);
    assert.equal(got.length, expected.size);
    for (const [sha256, sizeBytes] of got) assert.equal(expected.get(sha256), sizeBytes);
    const [first = ''] = expected.keys();
    assert(refs.group(groupOf(first)).has(first));
  });
});
