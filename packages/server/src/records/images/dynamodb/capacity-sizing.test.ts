import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Item } from '../../dynamodb/item.ts';
import { samplePublished } from '../sample-images.fixture.ts';
import { DOCUMENT, documentedTable } from './documented-costs.fixture.ts';
import { facetsOf, itemOfFacet } from './facets.ts';
import { bytesOf, idOf, recordOf, weighedPending } from './weighed-images.fixture.ts';

const IMAGES = 10 ** 9;
/** The bytes that DynamoDB adds to each stored item, in the table and in an index. */
const BESIDE_ITEM_BYTES = 100;
const GB = 2 ** 30;
/** US dollars for a GB and month in us-east-1. */
const STORAGE_PRICE = 0.25;
const RECOVERY_PRICE = 0.2;

const TAGS = ['tag 0', 'tag 1', 'tag 2', 'tag 3', 'tag 4'];

describe('a billion images', () => {
  it('take the documented space', async () => {
    assert.deepEqual(await documentedTable('What a billion images take'), [
      ...Object.entries(weights()).map(([part, items]) => [part, `${items.length}`, inFigures(stored(items))]),
      ['in all', '22', inFigures(stored(Object.values(weights()).flat()))],
    ]);
  });

  it('cost the documented amount to store', async () => {
    const all = storage(Object.values(weights()).flat());
    const recovered = storage(inTable());
    const sentence = `$${inFigures(Math.round(all * STORAGE_PRICE))} for storage of ${inFigures(Math.round(all))} GB, and $${inFigures(
      Math.round(recovered * RECOVERY_PRICE),
    )} for point-in-time recovery of the table's ${inFigures(Math.round(recovered))} GB`;
    const text = await readFile(DOCUMENT, 'utf8');
    assert.ok(text.replace(/\s+/g, ' ').includes(sentence), sentence);
  });
});

function weights(): Record<string, readonly Item[]> {
  const image = samplePublished(weighedPending({ id: idOf(0), tags: TAGS }));
  const placement = { shard: 0, hasGlobalFacets: true };
  const record = recordOf(image);
  const owners = facetsOf(image, { ...placement, hasGlobalFacets: false }).map(itemOfFacet);
  const all = facetsOf(image, placement).map(itemOfFacet);
  return {
    record: [record],
    'the same in `gsi1` and `gsi2`': [record, record],
    'facets of its owner: 5 tags and a type': owners,
    'the same for lists over all owners': all.slice(owners.length),
    'places in `gsi4`: the record and the facets of its owner': [record, ...owners].map(inIndexByCapture),
  };
}

const inIndexByCapture = ({ pk, sk, g4p, g4s }: Item): Item =>
  Object.fromEntries(Object.entries({ pk, sk, g4p, g4s }).flatMap(([name, value]) => (value ? [[name, value]] : [])));

const inTable = (): readonly Item[] => {
  const { record = [], ...rest } = weights();
  return [...record, ...Object.entries(rest).flatMap(([part, items]) => (part.includes('gsi') ? [] : items))];
};

const stored = (items: readonly Item[]): number =>
  items.reduce((bytes, item) => bytes + bytesOf(item) + BESIDE_ITEM_BYTES, 0);

const storage = (items: readonly Item[]): number => (stored(items) * IMAGES) / GB;

const inFigures = (number: number): string => number.toLocaleString('en-US');
