import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { AlbumLink } from '@safelight/client';
import { linkWords } from './link-words.ts';

const wordsOf = (link: Partial<AlbumLink>): string =>
  linkWords({
    ...{ allow: ['view'], originals: false, has_password: false, card: false },
    ...{ max_images: null, max_bytes: null, content_types: null, approve: false },
    ...link,
  } as AlbumLink);

it('says what a link allows and asks for', () => {
  assert.equal(wordsOf({}), 'Look only');
  assert.equal(wordsOf({ originals: true }), 'Look only', 'originals need the right to download');
  assert.equal(wordsOf({ allow: ['view', 'download'], card: true }), 'Look and download, with a preview');
  assert.equal(
    wordsOf({ allow: ['view', 'download'], originals: true, has_password: true }),
    'Look and download, also originals, with a password',
  );
});

it('says what guests may add', () => {
  assert.equal(wordsOf({ allow: ['view', 'contribute'] }), 'Look and add pictures');
  assert.equal(
    wordsOf({ allow: ['view', 'download', 'contribute'], max_images: 1, approve: true, has_password: true }),
    'Look, download and add pictures, at most 1 picture, you look at each first, with a password',
  );
  assert.equal(
    wordsOf({ allow: ['contribute'], max_bytes: 5_242_880, content_types: ['image/jpeg', 'image/heic'] }),
    'Only add pictures, each up to 5 MB, only JPEG or HEIC',
  );
});
