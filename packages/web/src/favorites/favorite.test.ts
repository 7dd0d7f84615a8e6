import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Picture } from '../library/library.ts';
import { isFavorite, withFavorite } from './favorite.ts';

const tagged = (...tags: readonly string[]): Picture => ({
  image_id: '019a0000-0000-7000-8000-000000000000',
  user_id: 'me',
  filename: 'sea.jpg',
  content_type: 'image/jpeg',
  width: 300,
  height: 200,
  created_at: '2026-11-20T00:00:00Z',
  description: null,
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'ready',
  tags,
});

it('a favorite has the tag once, and the other tags stay', () => {
  const one = withFavorite(withFavorite(tagged('sea', 'wind'), true), true);
  assert.deepEqual(one.tags, ['sea', 'wind', 'favorite']);
  assert.equal(isFavorite(one), true);
  const none = withFavorite(one, false);
  assert.deepEqual(none.tags, ['sea', 'wind']);
  assert.equal(isFavorite(none), false);
});

it('a picture of an older service, without tags, can be a favorite', () => {
  const { tags: _, ...older } = tagged();
  assert.equal(isFavorite(older), false);
  assert.deepEqual(withFavorite(older, true).tags, ['favorite']);
});
