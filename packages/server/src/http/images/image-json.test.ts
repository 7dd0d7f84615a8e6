import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleFacts } from '../../domain/facts/facts.fixture.ts';
import type { Facts } from '../../domain/facts/facts.ts';
import type { WallClock } from '../../domain/facts/wall-clock.ts';
import {
  describe as describeImage,
  type Image,
  pendingImage,
  publish,
  reject,
  scheduleMaintenance,
  tombstone,
  trash,
} from '../../domain/image/image.ts';
import { firstIdAt, type ImageId } from '../../domain/image/image-id.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { recordRenditionCrash } from '../../domain/image/rendition-failures.ts';
import { imageJson, imageTag, imageText, storedJson, textOfFields } from './image-json.ts';
import { image as imageSchema } from './image-schemas.ts';
import type { ImageView } from './image-view.ts';

const CREATED = '2026-11-20T12:00:00.123Z';
const UPDATED = '2026-11-20T12:00:05.000Z';
const VERIFIED = '2026-11-20T12:00:09.000Z';
const PURGED = '2026-12-20T12:00:00.000Z';
const id: ImageId = firstIdAt(new Date(CREATED));

const pending = describeImage(
  pendingImage(
    {
      id,
      userId: 'été',
      filename: 'my photo.jpg',
      tags: ['beach'],
      description: 'The sea',
      metadata: { camera: { lens: null } },
      visibility: 'private',
      externalId: 'order-1042/front',
      contentType: 'image/jpg',
    },
    new Date(UPDATED),
    { expiresAt: new Date(VERIFIED), claim: { attempt: 'a1', leaseUntil: new Date(VERIFIED) }, isDirect: true },
  ),
  { focalPoint: { x: 0.25, y: 0.4 } },
  new Date(UPDATED),
);
const objectKey = originalKey(pending, 'a1');
const ready = publish(
  pending,
  {
    contentType: 'image/jpeg',
    sizeBytes: 9,
    sha256: 'ab'.repeat(32),
    width: 3,
    height: 2,
    placeholder: 'aGFzaA==',
    dominantColor: '#336699',
  },
  {
    objectKey,
    objectTag: null,
    maintainAt: new Date(VERIFIED),
    filteredBy: [],
    facts: sampleFacts,
    hasDetails: true,
    at: new Date(VERIFIED),
  },
);
const rejected = reject(pending, { code: 'type-mismatch', detail: 'expected x; got y' }, new Date(VERIFIED));
const deleted = tombstone(ready, new Date(VERIFIED));
const trashed = trash(ready, new Date(VERIFIED), new Date(PURGED));

const VIEW: ImageView = {
  bucket: 'safelight',
  origin: 'https://images.example.org',
  presets: [
    { name: 'thumb', versionFor: () => 'aa' },
    { name: 'large', versionFor: () => 'bb' },
  ],
  sealOf: () => '',
  failuresOf: ({ renditionFailures }) => Object.fromEntries(renditionFailures.map((one) => ['thumb', one.detail])),
  shows: { originals: true, metadata: true },
  tellsAllOf: () => true,
  texts: new WeakMap(),
};

const viewWith = (changes: Partial<ImageView>): ImageView => ({ ...VIEW, texts: new WeakMap(), ...changes });

const described = {
  image_id: id,
  user_id: 'été',
  filename: 'my photo.jpg',
  tags: ['beach'],
  description: 'The sea',
  metadata: { camera: { lens: null } },
  external_id: 'order-1042/front',
  visibility: 'private',
  focal_point: { x: 0.25, y: 0.4 },
  created_at: CREATED,
};
const nothingSaid = {
  filename: 'image.jpg',
  tags: [],
  description: null,
  metadata: {},
  external_id: null,
  visibility: 'private',
  focal_point: null,
};
const withoutBytes = {
  facts: null,
  size: null,
  width: null,
  height: null,
  sha256: null,
  s3_key: null,
  s3_url: null,
  upload_time: null,
  placeholder: null,
  dominant_color: null,
  renditions: null,
};

describe('an image in JSON', () => {
  it('that is ready has all fields, including the location of its bytes', () => {
    assert.deepEqual(imageJson(ready, VIEW), {
      ...described,
      status: 'ready',
      content_type: 'image/jpeg',
      size: 9,
      width: 3,
      height: 2,
      sha256: 'ab'.repeat(32),
      facts: {
        taken_at: sampleFacts.taken?.at,
        offset: sampleFacts.taken?.offset,
        camera: sampleFacts.camera,
        lens: sampleFacts.lens,
        exposure: { seconds: 0.004, f_number: 1.78, iso: 80, focal_length: 6.765 },
        ai_generated: false,
        c2pa: 'absent',
      },
      s3_key: objectKey,
      s3_url: `s3://safelight/${objectKey}`,
      upload_time: VERIFIED,
      updated_at: VERIFIED,
      revision: 3,
      placeholder: 'aGFzaA==',
      dominant_color: '#336699',
      renditions: {
        thumb: `https://images.example.org/images/${id}/renditions/thumb?v=aa`,
        large: `https://images.example.org/images/${id}/renditions/large?v=bb`,
      },
    });
  });

  it('has the date that somebody set, and none that somebody removed', () => {
    const factsOf = (facts: Partial<Facts>) => imageJson({ ...ready, facts: { ...sampleFacts, ...facts } }, VIEW).facts;
    const takenByHand = '2019-05-04T00:00:00.000' as WallClock;
    assert.deepEqual([factsOf({ takenByHand })?.taken_at, factsOf({ takenByHand })?.offset], [takenByHand, null]);
    assert.equal(factsOf({ takenByHand: null })?.taken_at, null);
  });

  it('has no facts for a caller who sees no metadata', () => {
    assert.equal(imageJson(ready, viewWith({ shows: { originals: true, metadata: false } })).facts, null);
  });

  it('does not show when its renditions are due', () => {
    assert.deepEqual(imageJson(scheduleMaintenance(ready, new Date(CREATED)), VIEW), imageJson(ready, VIEW));
  });

  it('lists the presets that were given up, with the reason', () => {
    const failed = recordRenditionCrash(ready, { rendition: 'r1', detail: 'it died', at: new Date(0) });
    assert.deepEqual(imageJson(failed, VIEW).rendition_failures, { thumb: 'it died' });
  });

  it('has no dominant color before one is determined', () => {
    assert.equal(imageJson({ ...ready, dominantColor: null }, VIEW).dominant_color, null);
  });

  it('that is pending has the declared fields, and nothing about its upload', () => {
    assert.deepEqual(imageJson(pending, VIEW), {
      ...described,
      ...withoutBytes,
      status: 'pending',
      content_type: 'image/jpg',
      updated_at: UPDATED,
      revision: 2,
    });
  });

  it('that is rejected has the reason and its filename', () => {
    assert.deepEqual(imageJson(rejected, VIEW), {
      ...described,
      ...nothingSaid,
      filename: 'my photo.jpg',
      ...withoutBytes,
      status: 'rejected',
      content_type: 'image/jpg',
      updated_at: VERIFIED,
      revision: 3,
      rejection: { code: 'type-mismatch', detail: 'expected x; got y' },
    });
  });

  it('that is deleted has no location of bytes, and no fields from its client', () => {
    assert.deepEqual(imageJson(deleted, VIEW), {
      ...described,
      ...nothingSaid,
      ...withoutBytes,
      status: 'deleted',
      content_type: 'image/jpeg',
      updated_at: VERIFIED,
      revision: 4,
    });
  });

  for (const image of [pending, ready, rejected, deleted, trashed]) {
    it(`matches the schema of openapi.json: ${image.status}`, () => {
      const sent: unknown = JSON.parse(JSON.stringify(imageJson(image, VIEW)));
      assert.deepEqual(imageSchema.strict().parse(sent), sent);
    });
  }
});

describe('the image of a repeated upload, in JSON', () => {
  it('that is trashed has all fields, and says only when it is purged', () => {
    assert.deepEqual(storedJson(trashed, VIEW), {
      ...described,
      ...nothingSaid,
      ...withoutBytes,
      status: 'trashed',
      content_type: 'image/jpeg',
      updated_at: VERIFIED,
      revision: 4,
      purge_at: PURGED,
    });
  });

  for (const image of [pending, ready, rejected, deleted]) {
    it(`is the image: ${image.status}`, () => assert.deepEqual(storedJson(image, VIEW), imageJson(image, VIEW)));
  }

  it('that is trashed matches the schema of openapi.json', () => {
    const sent: unknown = JSON.parse(JSON.stringify(storedJson(trashed, VIEW)));
    assert.deepEqual(imageSchema.strict().parse(sent), sent);
  });
});

describe('some fields of an image in JSON', () => {
  const textOf = (image: Image, ...fields: readonly string[]): unknown =>
    JSON.parse(textOfFields(fields)(image, viewWith({})));

  it('are as in the whole, with the id', () => {
    for (const image of [pending, ready, rejected]) {
      const whole: Record<string, unknown> = JSON.parse(JSON.stringify(imageJson(image, VIEW)));
      for (const name of Object.keys(whole))
        assert.deepEqual(textOf(image, name), { image_id: id, [name]: whole[name] }, name);
      assert.deepEqual(textOf(image, ...Object.keys(whole)), whole);
    }
  });

  it('are absent where the whole has none', () => {
    assert.deepEqual(textOf(ready, 'rejection', 'rendition_failures'), { image_id: id });
  });

  it('neither use nor change the text of the whole', () => {
    const view = viewWith({});
    textOfFields(['tags'])(ready, view);
    assert.equal(view.texts.has(ready), false);
    const whole = imageText(ready, view);
    assert.equal(textOfFields(['size'])(ready, view), `{"image_id":"${id}","size":9}`);
    assert.equal(imageText(ready, view), whole);
  });

  it('make no URLs of renditions unless asked for these', () => {
    const unasked = { name: 'thumb', versionFor: () => assert.fail('expected no URL; got one') };
    textOfFields(['tags'])(ready, viewWith({ presets: [unasked] }));
  });
});

describe("the entity tag of an image's JSON", () => {
  const tagOf = (image: typeof ready, view: ImageView): string => imageTag(image, imageText(image, view));
  const tag = tagOf(ready, VIEW);

  it('consists of the revision and a hash, and is deterministic', () => {
    assert.match(tag, new RegExp(`^"${ready.revision}\\.[0-9a-f]{16}"$`));
    assert.equal(tagOf({ ...ready }, viewWith({})), tag);
  });

  for (const [what, image, view] of [
    ['another preset', ready, viewWith({ presets: VIEW.presets.slice(1) })],
    ['another version of a preset', ready, viewWith({ presets: [{ name: 'thumb', versionFor: () => 'cc' }] })],
    ['another origin of the service', ready, viewWith({ origin: 'http://localhost:8000' })],
    [
      'a rendition that was given up',
      recordRenditionCrash(ready, { rendition: 'r', detail: 'd', at: new Date(0) }),
      VIEW,
    ],
  ] as const) {
    it(`differs at the same revision with ${what}`, () => {
      const other = tagOf(image, view);
      assert.notEqual(other, tag);
      assert.equal(other.split('.')[0], tag.split('.')[0]);
    });
  }
});

describe("an image's JSON as text", () => {
  it('is made once for each view, even if views alternate', () => {
    let made = 0;
    const counting = (origin: string): ImageView => ({
      ...viewWith({ origin }),
      get presets() {
        made += 1;
        return VIEW.presets;
      },
    });
    const views = ['http://127.0.0.1:8000', 'http://localhost:8000'].map(counting);
    const image = { ...ready };
    for (const view of [...views, ...views, ...views])
      assert.equal(imageText(image, view), JSON.stringify(imageJson(ready, { ...VIEW, origin: view.origin })));
    assert.equal(made, views.length);
  });
});

describe('the JSON of an image for a caller that may know no more than its bytes', () => {
  const bytesOnly = (one: Image) =>
    imageJson(one, viewWith({ tellsAllOf: () => false, sealOf: () => '&sig=x', failuresOf: () => ({}) }));

  it('has nothing that was said about it, no place of the bytes, and no URL', () => {
    const whole = imageJson(ready, VIEW);
    assert.deepEqual(bytesOnly(ready), {
      ...whole,
      ...{ filename: 'image.jpg', tags: [], description: null, metadata: {}, external_id: null },
      ...{ sha256: null, s3_key: null, s3_url: null, facts: null, renditions: {} },
    });
  });

  it('has the URLs that everybody may open, if it is public', () => {
    const shown = { ...ready, visibility: 'public' } as const;
    const { visibility, renditions } = bytesOnly(shown);
    assert.equal(visibility, 'public');
    assert.deepEqual(renditions, imageJson(shown, VIEW).renditions);
  });
});

describe('the JSON of an image for a view token', () => {
  const described = { ...ready, metadata: { secret: 'x' } };
  const shown = (originals: boolean, metadata: boolean) => viewWith({ shows: { originals, metadata } });
  const IDENTIFY = ['sha256', 's3_key', 's3_url'] as const;

  it('lacks what identifies the original without originals, and the metadata without metadata', () => {
    for (const originals of [false, true])
      for (const metadata of [false, true]) {
        const whole = imageJson(described, VIEW);
        assert.ok(IDENTIFY.every((name) => whole[name] !== null));
        const expected = {
          ...whole,
          ...(!originals && { sha256: null, s3_key: null, s3_url: null }),
          ...(!metadata && { metadata: {}, facts: null }),
        };
        assert.deepEqual(imageJson(described, shown(originals, metadata)), expected);
        const fields = textOfFields(['metadata', ...IDENTIFY])(described, shown(originals, metadata));
        const { image_id, sha256, s3_key, s3_url, metadata: told } = expected;
        assert.deepEqual(JSON.parse(fields), { image_id, sha256, metadata: told, s3_key, s3_url });
      }
  });

  it('has an ETag of its own for each of the four', () => {
    const tags = [false, true].flatMap((originals) =>
      [false, true].map((metadata) => imageTag(ready, imageText(described, shown(originals, metadata)))),
    );
    assert.equal(new Set(tags).size, 4);
  });
});
