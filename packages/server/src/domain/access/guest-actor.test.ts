import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AlbumId } from '../album/album-id.ts';
import type { LinkId } from '../image/share-link.ts';
import { guestActor, guestIn, parseGuestSecret } from './guest-actor.ts';

const ALBUM = '01a1f82b-9a3e-7c51-8f0e-5d1f6b7c2a90' as AlbumId;
const [LINK, OTHER] = ['AAAAAAAAAAAAAAAAAAAAAA' as LinkId, 'BBBBBBBBBBBBBBBBBBBBBB' as LinkId];
const SECRET = 's'.repeat(32);

describe('a guest', () => {
  it('is known by the album, and by a hash of link and secret', () => {
    const { albumId, guestId } = guestIn(guestActor(ALBUM, LINK, SECRET)) ?? assert.fail();
    assert.equal(albumId, ALBUM);
    assert.match(guestId, /^[\w-]{22}$/);
    const others = [guestActor(ALBUM, OTHER, SECRET), guestActor(ALBUM, LINK, 't'.repeat(32))];
    assert.equal(new Set([guestId, ...others.map((actor) => guestIn(actor)?.guestId)]).size, 3);
  });

  it('is no other actor', () => {
    for (const actor of [null, '', 'guest', 'guest:', `guest:${ALBUM}`, `guest:${ALBUM}:`, `guest:${ALBUM}:a:b`])
      assert.equal(guestIn(actor), undefined, String(actor));
    for (const actor of ['0UiGeyCh9OzwyLrC', `guests:${ALBUM}:a`, 'guest:ada:a'])
      assert.equal(guestIn(actor), undefined);
  });

  it('has a secret of 32 to 64 characters of base64url', () => {
    for (const text of ['a'.repeat(32), '-_'.repeat(32)]) assert.equal(parseGuestSecret(text), text);
    for (const text of ['', 'a'.repeat(31), 'a'.repeat(65), `${'a'.repeat(40)}=`, `${'a'.repeat(40)}\n`])
      assert.equal(parseGuestSecret(text), undefined);
  });
});
