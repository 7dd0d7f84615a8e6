import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { AlbumLink } from '@safelight/client';
import { linkWords } from './link-words.ts';

const wordsOf = (link: Partial<AlbumLink>): string =>
  linkWords({ allow: ['view'], originals: false, has_password: false, card: false, ...link } as AlbumLink);

it('says what a link allows and asks for', () => {
  assert.equal(wordsOf({}), 'Look only');
  assert.equal(wordsOf({ originals: true }), 'Look only', 'originals need the right to download');
  assert.equal(wordsOf({ allow: ['view', 'download'], card: true }), 'Look and download, with a preview');
  assert.equal(
    wordsOf({ allow: ['view', 'download'], originals: true, has_password: true }),
    'Look and download, also originals, with a password',
  );
});
