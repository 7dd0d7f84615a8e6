import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newAlbumId } from '../../records/albums/sample-albums.fixture.ts';
import { NOW, samplePending, samplePublished } from '../../records/images/sample-images.fixture.ts';
import { placeOfAddition } from '../album/album-place.ts';
import { sampleFacts } from '../facts/facts.fixture.ts';
import type { WallClock } from '../facts/wall-clock.ts';
import type { ReadyImage } from '../image/image.ts';
import { requireFewRows, rowsOfChange } from './rows-of-change.ts';

const albumsOf = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    albumId: newAlbumId(),
    added: placeOfAddition(NOW, index, ''),
    moved: null,
  }));
const tagsOf = (name: string, count = 20) => Array.from({ length: count }, (_, n) => `${name} ${n}`);

function imageWith({ tags, albums }: { readonly tags: readonly string[]; readonly albums: number }): ReadyImage {
  const image = samplePublished(samplePending({ tags, albums: albumsOf(albums) }));
  return { ...image, facts: sampleFacts };
}

const dated = (image: ReadyImage): ReadyImage => ({
  ...image,
  facts: { ...sampleFacts, takenByHand: '2001-01-01T00:00:00.000' as WallClock },
});

describe('the rows of a change', () => {
  it('are few enough for all tags, or another date, of an image in ten albums', () => {
    const image = imageWith({ tags: tagsOf('old'), albums: 10 });
    assert.equal(rowsOfChange(image, { ...image, tags: tagsOf('new') }), 4 + 80);
    assert.equal(rowsOfChange(image, dated(image)), 4 + 20 + 1 + 10 + 4);
    for (const changed of [{ ...image, tags: tagsOf('new') }, dated(image)])
      assert.doesNotThrow(() => requireFewRows(image, changed));
  });

  it('may be just as many as a transaction has actions, and not one more', () => {
    const image = imageWith({ tags: tagsOf('old'), albums: 10 });
    const all = { ...dated(image), tags: tagsOf('new') };
    assert.equal(rowsOfChange(image, all), 4 + 80 + 1 + 10 + 4);
    assert.doesNotThrow(() => requireFewRows(image, all));
    const named = { ...all, externalId: 'order-1042' };
    assert.equal(rowsOfChange(image, named), 102);
    assert.throws(() => requireFewRows(image, named), { code: 'invalid-request', message: /separately/ });
    assert.doesNotThrow(() => requireFewRows({ ...image, albums: [] }, { ...named, albums: [] }));
  });
});
