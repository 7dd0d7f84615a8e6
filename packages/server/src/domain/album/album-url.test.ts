import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { newAlbumId, sampleAlbumLink } from '../../records/albums/sample-albums.fixture.ts';
import { newImageId } from '../../records/images/sample-images.fixture.ts';
import { mutated, mutationsWithin } from '../access/mutated-text.fixture.ts';
import { createSealer, sealIn } from '../access/seal.ts';
import { createAlbumLinkSigner, createAlbumPictureSigner } from './album-url.ts';

const NOW = new Date('2026-01-31T12:00:00Z');
const SOON = new Date('2026-01-31T13:00:00Z');
const [KEY, FORMER] = [randomBytes(32), randomBytes(32)];
const link = sampleAlbumLink();
const place = { albumId: newAlbumId(), linkId: link.id };
const image = { id: newImageId(), epoch: 3 };
const links = createAlbumLinkSigner(createSealer([KEY, FORMER]));
const pictures = createAlbumPictureSigner(createSealer([KEY, FORMER]));
const sealOf = (query: string) => sealIn(new URLSearchParams(query));
const picture = { imageId: image.id, epoch: image.epoch, linkRevision: link.revision };

describe('URLs of links of albums', () => {
  it('are read as they were signed, by this key and a former one, until they expire', () => {
    const former = createAlbumLinkSigner(createSealer([FORMER]));
    for (const signer of [links, former])
      assert.deepEqual(links.read(place, sealOf(signer.queryFor(place, SOON)), NOW), SOON);
    assert.throws(() => links.read(place, sealOf(links.queryFor(place, SOON)), SOON), { code: 'link-expired' });
  });

  it('open no other album and no other link, and have no epoch', () => {
    const query = links.queryFor(place, SOON);
    const others = [
      { ...place, albumId: newAlbumId() },
      { ...place, linkId: sampleAlbumLink().id },
    ];
    for (const other of others)
      assert.throws(() => links.read(other, sealOf(query), NOW), { code: 'signature-invalid' });
    assert.throws(() => links.read(place, sealOf(`${query}&epoch=1`), NOW), { code: 'signature-invalid' });
    assert.throws(() => links.read(place, sealOf(''), NOW), { code: 'signature-invalid' });
  });

  it('are not those of pictures, and pictures not those of links', () => {
    const ofPicture = pictures.queryFor({ ...place, link }, { ...image, epoch: 0 }, SOON);
    assert.throws(() => links.read(place, sealOf(ofPicture), NOW), { code: 'signature-invalid' });
    const ofLink = sealOf(links.queryFor(place, SOON));
    assert.throws(() => pictures.read(place, { ...picture, epoch: 0 }, ofLink, NOW), { code: 'signature-invalid' });
  });
});

describe('URLs of pictures of a link', () => {
  const query = pictures.queryFor({ ...place, link }, image, SOON);

  it('have the revision of the link and the epoch of the image, and open nothing else', () => {
    assert.match(query, new RegExp(`^rev=${link.revision}&epoch=3&exp=\\d+&kid=[0-9a-f]{8}&sig=[\\w-]{43}$`));
    assert.deepEqual(pictures.read(place, picture, sealOf(query), NOW), SOON);
    for (const other of [
      { ...picture, imageId: newImageId() },
      { ...picture, epoch: 4 },
      { ...picture, linkRevision: 'AAAAAAAA' },
    ])
      assert.throws(() => pictures.read(place, other, sealOf(query), NOW), { code: 'signature-invalid' });
    const elsewhere = { ...place, albumId: newAlbumId() };
    assert.throws(() => pictures.read(elsewhere, picture, sealOf(query), NOW), { code: 'signature-invalid' });
    assert.throws(() => pictures.read(place, picture, sealOf(query), SOON), { code: 'link-expired' });
  });

  it('open nothing once a character of the seal is another', () => {
    fc.assert(
      fc.property(mutationsWithin(query.length), (mutation) => {
        const other = mutated(query, mutation);
        fc.pre(new URLSearchParams(other).toString() !== new URLSearchParams(query).toString());
        const seal = (() => {
          try {
            return sealOf(other);
          } catch {
            return undefined;
          }
        })();
        const rev = new URLSearchParams(other).get('rev') ?? '';
        if (seal)
          assert.throws(() =>
            pictures.read(place, { ...picture, epoch: seal.epoch, linkRevision: rev }, seal, new Date(0)),
          );
      }),
    );
  });
});
