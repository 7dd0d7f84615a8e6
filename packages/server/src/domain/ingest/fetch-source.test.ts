import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { it } from 'node:test';
import { MAX_FETCH_FROM } from '../image/image.ts';
import type { ImageId } from '../image/image-id.ts';
import { MEDIA_TYPES } from '../image/media-type.ts';
import { createFetchSources, MAX_URL } from './fetch-source.ts';

const ID = '0198f0a0-0000-7000-8000-000000000001' as ImageId;
const OTHER = '0198f0a0-0000-7000-8000-000000000002' as ImageId;
const [first, second] = [randomBytes(32), randomBytes(32)];
const SOURCE = { url: 'https://example.org/hunter2.jpg?key=hunter2', types: null, attempts: 2 };

it('a source is opened for its image alone, also after a rotation, and shows nothing', () => {
  const sources = createFetchSources([first], randomBytes);
  const sealed = sources.seal(SOURCE, ID);
  assert.deepEqual(sources.open(sealed, ID), SOURCE);
  assert.deepEqual(createFetchSources([second, first], randomBytes).open(sealed, ID), SOURCE);
  assert.equal(sources.open(sealed, OTHER), undefined);
  assert.equal(createFetchSources([second], randomBytes).open(sealed, ID), undefined);
  assert.equal(sources.open('', ID), undefined);
  assert.doesNotMatch(Buffer.from(sealed, 'base64url').toString('latin1'), /hunter2|example/);
});

it('the longest source fits into a record', () => {
  const url = `https://example.org/${'a'.repeat(MAX_URL)}`.slice(0, MAX_URL);
  const sealed = createFetchSources([first], randomBytes).seal({ url, types: MEDIA_TYPES, attempts: 100 }, ID);
  assert.ok(sealed.length <= MAX_FETCH_FROM, `${sealed.length}`);
});
