import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { subkey } from '../../run/config/secret.ts';
import type { ImageId } from '../image/image-id.ts';
import { newLinkId, type ShareLink } from '../image/share-link.ts';
import { mutated, mutationsWithin, otherSpellingsOf } from './mutated-text.fixture.ts';
import { createSealer, type Seal, sealIn } from './seal.ts';
import {
  createPresetUrlSigner,
  createShareLinkSigner,
  readUrlExpiry,
  type SignedImage,
  type SignedLink,
  type SignedUrl,
  type UrlSigner,
} from './signed-url.ts';

const NOW = new Date('2026-11-22T12:00:00.000Z');
const SOON = new Date('2026-11-22T12:05:00.000Z');
const ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId;
const OTHER_ID = '01a1f82b-80d8-703c-9c86-1b8ba42038d2' as ImageId;

const key = randomBytes(32);
const presetUrls = createPresetUrlSigner(createSealer([key]));
const shareLinks = createShareLinkSigner(createSealer([key]));

const image: SignedImage = { id: ID, epoch: 7 };
const link: ShareLink = { id: newLinkId(randomBytes), preset: 'thumb', createdAt: NOW, expiresAt: SOON };

const invalid = { code: 'signature-invalid' };
const sealOf = (query: string): Seal => sealIn(new URLSearchParams(query));
const read = <Place, Subject extends Place>(
  signer: UrlSigner<Place, Subject>,
  place: Place,
  query: string,
  now = NOW,
): SignedUrl => signer.read(place, sealOf(query), now);

const ids = fc.uuid({ version: 7 }).map((id) => id as ImageId);
const images: fc.Arbitrary<SignedImage> = fc.record({ id: ids, epoch: fc.nat(1_000) }, { noNullPrototype: true });
const presets = fc.option(fc.constantFrom('thumb', 'medium', 'original', 'preset', 'a'));
const signedLinks: fc.Arbitrary<SignedLink> = fc.record(
  {
    image: images,
    link: fc.record(
      { id: fc.constant(link.id), preset: presets, createdAt: fc.constant(NOW), expiresAt: fc.constant(SOON) },
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);
const ends = fc.integer({ min: 1, max: 10 ** 9 }).map((seconds) => new Date(NOW.getTime() + seconds * 1000));

describeSigner('the URL of a preset', presetUrls, {
  subjects: images,
  imageOf: (subject) => subject,
  one: image,
  others: { 'another image': { ...image, id: OTHER_ID } },
});
describeSigner('the URL of a link', shareLinks, {
  subjects: signedLinks,
  imageOf: (subject) => subject.image,
  one: { image, link },
  others: {
    'another image': { image: { ...image, id: OTHER_ID }, link },
    'another link': { image, link: { ...link, id: newLinkId(randomBytes) } },
  },
});

interface Subjects<Subject> {
  readonly subjects: fc.Arbitrary<Subject>;
  readonly imageOf: (subject: Subject) => SignedImage;
  /** Its epoch is above 0. */
  readonly one: Subject;
  readonly others: Readonly<Record<string, Subject>>;
}

function describeSigner<Place, Subject extends Place>(
  what: string,
  signer: UrlSigner<Place, Subject>,
  { subjects, imageOf, one, others }: Subjects<Subject>,
): void {
  describe(what, () => {
    const query = signer.queryFor(one, SOON);

    it('tells by itself what it opens until its expiry; equal arguments give equal URLs', () => {
      fc.assert(
        fc.property(subjects, ends, (subject, expiresAt) => {
          const { id, epoch } = imageOf(subject);
          const signed = signer.queryFor(subject, expiresAt);
          assert.match(signed, epoch === 0 ? /^exp=\d+&kid=[0-9a-f]{8}&sig=[\w-]{43}$/ : /^epoch=[1-9]\d*&exp=/);
          assert.deepEqual(read(signer, subject, signed), { imageId: id, epoch, expiresAt });
          assert.equal(signer.queryFor(subject, expiresAt), signed);
        }),
      );
    });

    it('opens no other image', () => {
      fc.assert(
        fc.property(subjects, subjects, (subject, other) => {
          fc.pre(imageOf(subject).id !== imageOf(other).id && imageOf(subject).epoch > 0);
          assert.throws(() => read(signer, other, signer.queryFor(subject, SOON)), invalid);
        }),
      );
    });

    for (const [which, other] of Object.entries(others))
      it(`does not open ${which}`, () => assert.throws(() => read(signer, other, query), invalid));

    it('does not open another epoch, nor one that was left out', () => {
      for (const epoch of [1, 6, 8, 70, 10 ** 15 - 1])
        assert.throws(() => read(signer, one, query.replace('epoch=7', `epoch=${epoch}`)), invalid, `${epoch}`);
      assert.throws(() => read(signer, one, query.replace('epoch=7&', '')), invalid);
    });

    it('is refused after any mutation of its query', () => {
      fc.assert(
        fc.property(mutationsWithin(query.length), (mutation) => {
          const other = mutated(query, mutation);
          const values = (text: string) => JSON.stringify(sealed(text));
          fc.pre(values(other) !== values(query));
          assert.throws(() => read(signer, one, other), /expected/, other);
        }),
      );
    });

    it('is refused with another expiry or none, and with another spelling of its signature', () => {
      const seconds = SOON.getTime() / 1000;
      const sig = query.slice(-43);
      assert.equal(otherSpellingsOf(sig).length, 3);
      for (const wrong of [
        query.replace(`exp=${seconds}&`, ''),
        query.replace(`exp=${seconds}`, `exp=${seconds + 1}`),
        query.replace(/&sig=.*/, ''),
        query.replace(/&kid=\w+/, ''),
        ...otherSpellingsOf(sig).map((other) => query.replace(sig, other)),
      ])
        assert.throws(() => read(signer, one, wrong), invalid, wrong);
    });

    it('expires in the second that it names; a wrong signature is refused before that', () => {
      read(signer, one, query, new Date(SOON.getTime() - 1));
      assert.throws(() => read(signer, one, query, SOON), { code: 'link-expired' });
      assert.throws(() => read(signer, one, `${query.slice(0, -3)}AAA`, SOON), invalid);
    });

    it('is refused if its signature is no signature of ours', () => {
      const [exp, kid] = [SOON.getTime() / 1000, createSealer([key]).kid];
      const sig = 'A'.repeat(43);
      for (const junk of [
        `exp=${exp}&kid=${kid}&sig=${sig}`,
        `exp=${exp}&kid=00000000&sig=${sig}`,
        `exp=${exp}&kid=${kid}&sig=${sig}A`,
        `exp=${exp}&kid=${kid}&sig=${sig.slice(1)}!`,
        `exp=${exp}&kid=${kid}`,
        `kid=${kid}&sig=${sig}`,
        `epoch=1&exp=${exp}&kid=${kid}&sig=${sig}`,
      ])
        assert.throws(() => read(signer, one, junk), invalid, junk);
    });
  });
}

const sealed = (query: string): unknown => {
  try {
    return sealIn(new URLSearchParams(query));
  } catch {
    return 'refused';
  }
};

describe('a signed URL', () => {
  it('is signed over a text with version, purpose and all that it opens', () => {
    const signatureOf = (text: string) => createHmac('sha256', key).update(text).digest('base64url');
    const exp = SOON.getTime() / 1000;
    for (const [query, text] of [
      [presetUrls.queryFor(image, SOON), `v1|presets|${ID}|7|${exp}`],
      [shareLinks.queryFor({ image, link }, SOON), `v2|link|${ID}|${link.id}|7|${exp}`],
    ] as const)
      assert.equal(query.slice(-43), signatureOf(text));
  });

  it('of one purpose is invalid for the other, even under the same key', () => {
    assert.throws(() => read(shareLinks, { image, link }, presetUrls.queryFor(image, SOON)), invalid);
    assert.throws(() => read(presetUrls, image, shareLinks.queryFor({ image, link }, SOON)), invalid);
  });

  it('is invalid under the key of another purpose, of the same secret', () => {
    const of = (purpose: Parameters<typeof subkey>[1]) =>
      createPresetUrlSigner(createSealer([subkey('s'.repeat(32), purpose)]));
    const query = of('preset-urls').queryFor(image, SOON);
    read(of('preset-urls'), image, query);
    for (const purpose of ['share-links', 'render-links', 'upload-tokens', 'cursors'] as const)
      assert.throws(() => read(of(purpose), image, query), invalid, purpose);
  });

  it('stays valid after its key is rotated, until that key is removed', () => {
    const fresh = randomBytes(32);
    const query = presetUrls.queryFor(image, SOON);
    read(createPresetUrlSigner(createSealer([fresh, key])), image, query);
    assert.throws(() => read(createPresetUrlSigner(createSealer([fresh])), image, query), invalid);
  });
});

describe('the expiry of URLs in JSON', () => {
  it('is the same within a window, leaves a whole window to each, and at most two', () => {
    const moments = fc.integer({ min: 0, max: 4 * 10 ** 12 });
    fc.assert(
      fc.property(moments, fc.integer({ min: 60, max: 604_800 }), (ms, seconds) => {
        const windowMs = seconds * 1000;
        const end = readUrlExpiry(new Date(ms), seconds).getTime();
        const left = end - ms;
        assert.ok(left > windowMs && left <= 2 * windowMs, `${left} of ${windowMs}`);
        const start = end - 2 * windowMs;
        for (const other of [start, ms, start + windowMs - 1])
          assert.equal(readUrlExpiry(new Date(other), seconds).getTime(), end);
        assert.equal(readUrlExpiry(new Date(start + windowMs), seconds).getTime(), end + windowMs);
      }),
    );
  });
});
