import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { samplePending } from '../../records/images/sample-images.fixture.ts';
import type { Json } from '../image/image.ts';
import { changedTags, type Edits, editedFields, formerMembers } from './edits.ts';

type Fields = Parameters<typeof editedFields>[0];

const image = (fields: Partial<Fields> = {}): Fields => ({ ...samplePending(), tags: [], metadata: {}, ...fields });
const edited = (fields: Partial<Fields>, edits: Edits): Fields => {
  const before = image(fields);
  return { ...before, ...editedFields(before, edits) };
};

describe('edits', () => {
  it('add and remove tags, and keep the order of those that stay', () => {
    const { tags } = edited({ tags: ['a', 'b', 'c'] }, { addTags: ['d', 'a'], removeTags: ['b', 'x'] });
    assert.deepEqual(tags, ['a', 'c', 'd']);
  });

  it('set members of the metadata, and remove those that are null, whatever their names', () => {
    const metadata = JSON.parse('{"a":1,"b":[2],"c":null}');
    const members = JSON.parse('{"b":null,"__proto__":{"x":1},"constructor":"y"}');
    const merged = edited({ metadata }, { metadata: members }).metadata;
    assert.equal(JSON.stringify(merged), '{"a":1,"c":null,"__proto__":{"x":1},"constructor":"y"}');
    assert.equal(JSON.stringify(formerMembers(metadata, merged)), '{"b":[2],"__proto__":null,"constructor":null}');
  });

  it('change nothing of an image that has all of it', () => {
    const before = image({ tags: ['a'], metadata: { a: { x: 1, y: 2 } } });
    assert.deepEqual(editedFields(before, {}), {});
    const same = { addTags: ['a'], removeTags: ['b'], metadata: { a: { y: 2, x: 1 }, b: null } };
    assert.deepEqual(editedFields(before, same), {});
  });

  it('leave at most 20 tags and 4,096 bytes of metadata', () => {
    const tags = Array.from({ length: 20 }, (_, n) => `t${n}`);
    assert.equal(edited({ tags: tags.slice(1) }, { addTags: ['t0'] }).tags.length, 20);
    assert.equal(edited({ tags }, { addTags: ['new'], removeTags: ['t3'] }).tags.length, 20);
    assert.throws(() => edited({ tags }, { addTags: ['new'] }), {
      code: 'invalid-request',
      errors: [{ pointer: '/add_tags', detail: 'expected an image of at most 20 tags afterwards; got 21' }],
    });
    const half = 'x'.repeat(2_040);
    assert.ok(edited({ metadata: { a: half } }, { metadata: { b: half } }).metadata['b']);
    assert.throws(() => edited({ metadata: { a: half } }, { metadata: { b: `${half}${half.slice(0, 20)}` } }), {
      code: 'invalid-request',
    });
  });

  it('are undone by what they tell', () => {
    const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'd');
    const values = fc.oneof(fc.integer(), fc.string(), fc.array(fc.integer(), { maxLength: 2 })) as fc.Arbitrary<Json>;
    const texts = fc.uniqueArray(names, { maxLength: 4 });
    const objects = fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name, maxLength: 4 });
    fc.assert(
      fc.property(texts, texts, texts, objects, objects, texts, (tags, add, remove, own, set, clear) => {
        const before = image({ tags, metadata: Object.fromEntries(own) });
        const addTags = add.filter((tag) => !remove.includes(tag));
        const members = Object.fromEntries([...set, ...clear.map((name): [string, Json] => [name, null])]);
        const after = { ...before, ...editedFields(before, { addTags, removeTags: remove, metadata: members }) };
        for (const tag of addTags) assert.ok(after.tags.includes(tag));
        for (const tag of remove) assert.ok(!after.tags.includes(tag));
        const { gained, lost } = changedTags(before.tags, after.tags);
        const undo = { addTags: lost, removeTags: gained, metadata: formerMembers(before.metadata, after.metadata) };
        const undone = { ...after, ...editedFields(after, undo) };
        assert.deepEqual(undone.tags.toSorted(), before.tags.toSorted());
        assert.deepEqual(undone.metadata, before.metadata);
      }),
    );
  });
});
