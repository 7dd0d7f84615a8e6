import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImageFilter, ReadyFilter } from '../../../../domain/image/image-filter.ts';
import type { ListOrder } from '../../../../domain/lists/list-position.ts';
import { newAlbumId } from '../../../albums/sample-albums.fixture.ts';
import { planOf } from './list-plan.ts';

const ready = (fields: Partial<Extract<ImageFilter, ReadyFilter>>): ImageFilter => ({
  status: 'ready',
  tags: [],
  tagMode: 'all',
  ...fields,
});

const ORDER = { name: 'order', value: 'A#17' } as const;
const ALBUM = newAlbumId();
const SKU = { name: 'sku', value: '1' } as const;

/** An index and its partition, as `gsi1 U#ada`, or the partition of a facet alone. */
const inWords = (
  filter: ImageFilter,
  { shards = 2, order = 'newest' }: { shards?: number; order?: ListOrder } = {},
): string[][] =>
  planOf({ ...filter, order }, shards).map((partitions) =>
    partitions.map(({ index, value }) => (index === null ? value : `${index.name} ${value}`)),
  );

describe('the plan of a list', () => {
  for (const [list, filter, expected] of [
    ["an owner's images", ready({ userId: 'ada' }), [['gsi1 U#ada']]],
    ["all owners' images", ready({}), [['gsi2 F#0'], ['gsi2 F#1']]],
    ["an owner's pending images", { status: 'pending', userId: 'ada' }, [['gsi1 U#ada#pending']]],
    ["all owners' pending images", { status: 'pending' }, [['gsi2 P#0'], ['gsi2 P#1']]],
    ["all owners' rejected images", { status: 'rejected' }, [['gsi2 R#0'], ['gsi2 R#1']]],
    ["an owner's rejected images", { status: 'rejected', userId: 'ada' }, [['gsi1 U#ada#rejected']]],
    ["an owner's expired images", { status: 'expired', userId: 'a#b' }, [['gsi1 U#a%23b#expired']]],
    ['a tag of an owner', ready({ userId: 'ada', tags: ['red'] }), [['T#ada#red']]],
    ['a tag', ready({ tags: ['red'] }), [['GT#red#0'], ['GT#red#1']]],
    ['a tag given twice', ready({ userId: 'ada', tags: ['red', 'red'] }), [['T#ada#red']]],
    ['a type of an owner', ready({ userId: 'ada', contentType: 'image/png' }), [['C#ada#image/png']]],
    ['a type', ready({ contentType: 'image/png' }), [['GC#image/png#0'], ['GC#image/png#1']]],
    [
      'a type, with any of no tags',
      ready({ userId: 'ada', tagMode: 'any', contentType: 'image/png' }),
      [['C#ada#image/png']],
    ],
    ['all of two tags', ready({ userId: 'ada', tags: ['red', 'blue'] }), [['T#ada#red', 'T#ada#blue']]],
    [
      'any of two tags',
      ready({ userId: 'ada', tags: ['red', 'blue'], tagMode: 'any' }),
      [['T#ada#red'], ['T#ada#blue']],
    ],
    [
      'a tag and a type',
      ready({ tags: ['red'], contentType: 'image/png' }),
      [
        ['GT#red#0', 'GC#image/png#0'],
        ['GT#red#1', 'GC#image/png#1'],
      ],
    ],
    [
      'any of two tags and a type',
      ready({ userId: 'ada', tags: ['red', 'blue'], tagMode: 'any', contentType: 'image/png' }),
      [
        ['T#ada#red', 'C#ada#image/png'],
        ['T#ada#blue', 'C#ada#image/png'],
      ],
    ],
    ['a value of metadata', ready({ userId: 'a#b', metadata: [ORDER] }), [['M#a%23b#order#A%2317']]],
    [
      'two values of metadata',
      ready({ userId: 'ada', metadata: [ORDER, SKU], tagMode: 'any' }),
      [['M#ada#order#A%2317', 'M#ada#sku#1']],
    ],
    [
      'any of two tags, a type and a value of metadata',
      ready({ userId: 'ada', tags: ['red', 'blue'], tagMode: 'any', contentType: 'image/png', metadata: [ORDER] }),
      [
        ['T#ada#red', 'C#ada#image/png', 'M#ada#order#A%2317'],
        ['T#ada#blue', 'C#ada#image/png', 'M#ada#order#A%2317'],
      ],
    ],
    [
      'a type and a value of metadata',
      ready({ userId: 'ada', contentType: 'image/png', metadata: [ORDER] }),
      [['C#ada#image/png', 'M#ada#order#A%2317']],
    ],
    ['an album', ready({ userId: 'a#b', album: ALBUM }), [[`ZI#a%23b#${ALBUM}`]]],
    [
      'any of two tags and a value of metadata, in an album',
      ready({ userId: 'ada', tags: ['red', 'blue'], tagMode: 'any', metadata: [SKU], album: ALBUM }),
      [
        ['T#ada#red', `ZI#ada#${ALBUM}`, 'M#ada#sku#1'],
        ['T#ada#blue', `ZI#ada#${ALBUM}`, 'M#ada#sku#1'],
      ],
    ],
  ] as const) {
    it(`reads the expected partitions for ${list}`, () => {
      const sorted = (plan: readonly (readonly string[])[]) => plan.map((partitions) => partitions.toSorted());
      assert.deepEqual(sorted(inWords(filter)), sorted(expected));
    });
  }

  for (const [list, filter, expected] of [
    ["an owner's images", ready({ userId: 'a#b' }), [['gsi4 U#a%23b']]],
    [
      'a tag and a type',
      ready({ userId: 'ada', tags: ['red'], contentType: 'image/png' }),
      [['gsi4 T#ada#red', 'gsi4 C#ada#image/png']],
    ],
    [
      'any of two tags',
      ready({ userId: 'ada', tags: ['red', 'blue'], tagMode: 'any' }),
      [['gsi4 T#ada#red'], ['gsi4 T#ada#blue']],
    ],
    [
      'a tag in an album',
      ready({ userId: 'ada', tags: ['red'], album: ALBUM }),
      [['gsi4 T#ada#red', `gsi4 ZI#ada#${ALBUM}`]],
    ],
  ] as const) {
    it(`reads the index by capture for ${list} by capture`, () => {
      for (const order of ['taken-newest', 'taken-oldest'] as const)
        assert.deepEqual(inWords(filter, { order }), expected);
    });
  }

  for (const [list, filter] of [
    ['all owners', ready({ tags: ['red'] })],
    ['a value of metadata', ready({ userId: 'ada', metadata: [SKU] })],
    ['pending images', { status: 'pending', userId: 'ada' }],
    ['words', { status: 'ready', userId: 'ada', words: ['sea'], searchesFacts: true, tags: [], tagMode: 'all' }],
  ] as const) {
    it(`does not exist by capture for ${list}`, () => {
      assert.throws(() => inWords(filter, { order: 'taken-newest' }), /expected an owner's ready images/);
    });
  }

  it('is an index of its own for an album in its own orders, of all its images', () => {
    const album = ready({ userId: 'ada', album: ALBUM });
    assert.deepEqual(inWords(album, { order: 'added' }), [[`gsi2 ZI#ada#${ALBUM}`]]);
    assert.deepEqual(inWords(album, { order: 'manual' }), [[`gsi1 ZI#ada#${ALBUM}`]]);
    for (const other of [ready({ userId: 'ada' }), { ...album, tags: ['red'] }])
      assert.throws(() => inWords(other, { order: 'added' }), /expected all images of an album/);
    for (const order of ['newest', 'taken-newest', 'manual'] as const)
      assert.throws(() => inWords(ready({ album: ALBUM }), { order }), /expected an owner/);
  });

  it('covers every shard, and keeps each intersection within one shard', () => {
    const plan = inWords(ready({ tags: ['red', 'blue'], contentType: 'image/png' }), { shards: 8 });
    assert.equal(plan.length, 8);
    for (const [shard, partitions] of plan.entries()) {
      assert.deepEqual(new Set(partitions.map((value) => value.split('#').at(-1))), new Set([String(shard)]));
    }
  });

  it('does not exist for a list without an index, which would need a scan', () => {
    // @ts-expect-error the port has no such list
    assert.throws(() => planOf({ status: 'expired', order: 'newest' }, 2));
  });
});
