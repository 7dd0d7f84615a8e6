import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { newAlbumId, sampleAlbumLink } from '../../records/albums/sample-albums.fixture.ts';
import { createSealedClaims } from '../access/sealed-claims.ts';
import { createGuestPassText, type GuestPass } from './guest-pass-text.ts';

const [KEY, FORMER] = [randomBytes(32), randomBytes(32)];
const { id: linkId, revision: linkRevision } = sampleAlbumLink();
const pass: GuestPass = { albumId: newAlbumId(), linkId, linkRevision, expiresAt: new Date('2026-01-31T13:00:00Z') };
const passes = createGuestPassText([KEY, FORMER]);

describe('a pass of a guest', () => {
  it('says what it was sealed with, by this key and a former one', () => {
    for (const keys of [[KEY], [FORMER]] as const)
      assert.deepEqual(passes.passIn(createGuestPassText(keys).textOf(pass)), pass);
  });

  it('is none of another key, with another claim, or of another form', () => {
    const text = passes.textOf(pass);
    assert.match(text, /^slg_[\w-]+\.[\w-]{43}$/);
    const names = ['v', 'album', 'link', 'rev', 'exp', 'more'];
    const more = createSealedClaims({ prefix: 'slg_', purpose: 'guest-pass', versions: [names] }, [KEY]);
    const claims = { album: pass.albumId, link: linkId, rev: linkRevision, exp: 1_769_864_400 };
    for (const other of [
      createGuestPassText([randomBytes(32)]).textOf(pass),
      text.slice(0, -1),
      text.replace('slg_', 'slv_'),
      '',
      more.textOf({ ...claims, more: 1 }),
      more.textOf({ ...claims, v: 2 }),
      more.textOf({ ...claims, album: 'none' }),
      more.textOf({ ...claims, rev: 'short' }),
    ])
      assert.equal(passes.passIn(other), undefined, other);
  });
});
