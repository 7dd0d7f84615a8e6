import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sampleFacts } from '../../../domain/facts/facts.fixture.ts';
import {
  dueAt,
  type Image,
  partsOf,
  removed,
  retagged,
  scheduleMaintenance,
  tombstone,
  trash,
  withLinks,
} from '../../../domain/image/image.ts';
import { recordRenditionCrash } from '../../../domain/image/rendition-failures.ts';
import { IS_NEW } from '../../dynamodb/condition.ts';
import type { Item } from '../../dynamodb/item.ts';
import { updateTo } from '../../dynamodb/item-update.ts';
import { pendingImages, settledImages, trashedImages } from '../arbitrary-images.fixture.ts';
import { NOW, sampleLink, samplePending, samplePublished, sampleSettled } from '../sample-images.fixture.ts';
import { IMAGE_ATTRIBUTES, imageOf, itemOf, placementIn, writeIdIn } from './image-item.ts';
import { bytesOf, weighedPending } from './weighed-images.fixture.ts';

const written = { placement: { shard: 3, hasGlobalFacets: true }, writeId: 'w' };
const images = fc.oneof(pendingImages, settledImages, trashedImages);
const placements = fc.record({ shard: fc.nat({ max: 63 }), hasGlobalFacets: fc.boolean() }, { noNullPrototype: true });

/** The attributes that lists, writers and DynamoDB read; the others contain the image. */
const BESIDES = new Set([
  'sk',
  'g1p',
  'g1s',
  'g2p',
  'g2s',
  'g3p',
  'g3s',
  'g4p',
  'g4s',
  'placed',
  'shard',
  'hasGlobalFacets',
  'writeId',
  'ttl',
  'schemaVersion',
]);

const SHARED = { visibility: 'public', epoch: 2, token: { id: 'token', maxBytes: 5_000 } } as const;
const DESCRIBED = { tags: ['red'], description: 'a sea', focalPoint: { x: 0.25, y: 1 }, ...SHARED };
/** The attributes by which an image is shared. */
const OF_SHARING: readonly string[] = ['visibility', 'epoch', 'tokenId', 'tokenMaxBytes', 'links'];

const samples: Record<string, Image> = {
  pending: samplePending({
    claim: { attempt: 'attempt', leaseUntil: NOW },
    promised: { sizeBytes: 1, sha256: 'ab'.repeat(32) },
  }),
  ready: recordRenditionCrash(
    withLinks(scheduleMaintenance(retagged(samplePublished(samplePending(DESCRIBED)), '"t1"'), NOW), [sampleLink()]),
    { rendition: 'rendition', detail: 'it died', at: NOW },
  ),
  trashed: trash(
    scheduleMaintenance(samplePublished(samplePending({ tags: ['red'] })), NOW),
    NOW,
    new Date(NOW.getTime() + 1),
  ),
  rejected: sampleSettled(samplePending(), 'rejected'),
  expired: sampleSettled(samplePending(), 'expired'),
  deleted: tombstone(samplePending(), NOW),
};

describe('the record of an image', () => {
  it('contains the image, its write id, its shard and, if ready, whether it has global facets', () => {
    fc.assert(
      fc.property(images, placements, fc.uuid(), (image, placement, writeId) => {
        const item = itemOf(image, { placement, writeId });
        assert.deepEqual(imageOf(item), image);
        const { hasGlobalFacets, ...decided } = placement;
        assert.deepEqual(placementIn(item), {
          ...decided,
          hasGlobalFacets: image.status === 'ready' && hasGlobalFacets,
        });
        assert.equal(writeIdIn(item), writeId);
      }),
    );
  });

  it('has a key, and only attributes that updates replace', () => {
    fc.assert(
      fc.property(images, (image) => {
        const { pk, sk, ...rest } = itemOf(image, written);
        assert.deepEqual([pk?.S, sk?.S], [`I#${image.id}`, 'I']);
        const known: readonly string[] = IMAGE_ATTRIBUTES;
        assert.deepEqual(
          Object.keys(rest).filter((name) => !known.includes(name)),
          [],
        );
        assert.deepEqual(rest['schemaVersion'], { N: versionFor(image) });
      }),
    );
  });

  it('has a TTL from its last day, and none while work is left', () => {
    fc.assert(
      fc.property(images, (image) => {
        const { ttl, g3s } = itemOf(image, written);
        const forgetAt = 'remains' in image && 'forgetAt' in image.remains ? image.remains.forgetAt : undefined;
        assert.equal(ttl === undefined, forgetAt === undefined);
        if (forgetAt) assert.equal(Number(ttl?.N), Math.ceil(forgetAt.getTime() / 1000));
        assert.equal(g3s === undefined, dueAt(image) === null);
        assert.ok(ttl === undefined || g3s === undefined);
      }),
    );
  });

  it('of a deleted image has a TTL once its objects are removed for good', () => {
    const over = tombstone(samplePending(), NOW);
    assert.equal(itemOf(over, written)['ttl'], undefined);
    const later = new Date(NOW.getTime() + 86_400_000);
    const { ttl } = itemOf(removed(over, later), written);
    assert.equal(Number(ttl?.N) * 1000, later.getTime() + 30 * 86_400_000);
  });

  it('of a ready image may lack color, maintenance, failures and entity tag', () => {
    const image = samplePublished(samplePending());
    const { dominantColor, maintainAt, renditionFailures, objectTag, ...old } = itemOf(image, written);
    assert.deepEqual([maintainAt, renditionFailures, objectTag], [undefined, undefined, undefined]);
    assert.deepEqual(imageOf(old), { ...image, dominantColor: null, maintainAt: null, renditionFailures: [] });
  });

  it('of a version that knows no focal points has none, and that version preserves those of others', () => {
    const image = samplePublished(samplePending({ focalPoint: { x: 0.25, y: 1 } }));
    const { focalPoint, ...old } = itemOf(image, written);
    assert.deepEqual(focalPoint, { S: '{"x":0.25,"y":1}' });
    assert.deepEqual(imageOf(old), { ...image, focalPoint: null });
    const known = IMAGE_ATTRIBUTES.filter((name) => name !== 'focalPoint');
    const { set, remove } = updateTo(old, { known, condition: IS_NEW });
    assert.ok(!('focalPoint' in set) && !remove.includes('focalPoint'));
  });

  it('of a version that knows no facts has none, and that version preserves those of others', () => {
    const image = { ...samplePublished(samplePending()), facts: sampleFacts, hasDetails: true };
    const { facts, hasDetails, ...old } = itemOf(image, written);
    assert.ok(facts && hasDetails);
    assert.deepEqual(imageOf(old), { ...image, facts: null, hasDetails: false });
    const known = IMAGE_ATTRIBUTES.filter((name) => name !== 'facts' && name !== 'hasDetails');
    const { set, remove } = updateTo(old, { known, condition: IS_NEW });
    for (const name of ['facts', 'hasDetails']) assert.ok(!(name in set) && !remove.includes(name), name);
  });

  it('stays below a kilobyte with the facts of a telephone, so that each index takes one unit', () => {
    const image = { ...samplePublished(weighedPending({})), facts: sampleFacts, hasDetails: true };
    const bytes = bytesOf(itemOf(image, written));
    assert.ok(bytes <= 1_024, `${bytes} bytes`);
  });

  it('of a version that knows no sharing is private, at epoch 0, without token and links', () => {
    const image = withLinks(samplePublished(samplePending(SHARED)), [sampleLink()]);
    const item = itemOf(image, written);
    assert.deepEqual(
      OF_SHARING.filter((name) => !(name in item)),
      [],
    );
    const old = Object.fromEntries(Object.entries(item).filter(([name]) => !OF_SHARING.includes(name)));
    const plain = { ...image, visibility: 'private', epoch: 0, token: null, links: [] };
    assert.deepEqual(imageOf(old), plain);
    assert.deepEqual(
      itemOf(samplePublished(samplePending({ id: image.id })), written),
      old,
      'the same is written today',
    );
  });

  it('of a version that knows no sharing preserves how others share the image', () => {
    const { links, ...old } = itemOf(samplePublished(samplePending()), written);
    const known = IMAGE_ATTRIBUTES.filter((name) => !OF_SHARING.includes(name));
    const { set, remove } = updateTo(old, { known, condition: IS_NEW });
    for (const name of OF_SHARING) assert.ok(!(name in set) && !remove.includes(name), name);
  });

  it('of an image that is no longer shared removes the visibility and the links that were there', () => {
    const { remove } = updateTo(itemOf(samplePublished(samplePending()), written), {
      known: IMAGE_ATTRIBUTES,
      condition: IS_NEW,
    });
    for (const name of OF_SHARING) assert.ok(remove.includes(name), name);
  });

  it('of an image without a focal point removes the one that was there', () => {
    const { remove } = updateTo(itemOf(samplePending(), written), { known: IMAGE_ATTRIBUTES, condition: IS_NEW });
    assert.ok(remove.includes('focalPoint'));
  });

  for (const [status, image] of Object.entries(samples)) {
    const item = itemOf(image, written);
    for (const name of Object.keys(item).filter((one) => !BESIDES.has(one))) {
      it(`of a ${status} image is refused as corrupt if ${name} has another type`, () => {
        const corrupt: Item = { ...item, [name]: { NULL: true } };
        assert.throws(() => imageOf(corrupt), { message: `The record of image ${corrupt['pk']?.S} is corrupt` });
      });
    }
  }

  const ready = itemOf(samplePublished(samplePending()), written);
  for (const [kind, change] of Object.entries({
    'invalid JSON as metadata': { metadata: { S: '{' } },
    'invalid JSON as rendition failures': { renditionFailures: { S: '[' } },
    'an unknown status': { status: { S: 'gone' } },
    'a type that no ready image has': { contentType: { S: 'image/jpg' } },
    'a focal point that is not JSON': { focalPoint: { S: '{' } },
    'a focal point outside the image': { focalPoint: { S: '{"x":2,"y":0}' } },
    'a focal point of one number': { focalPoint: { S: '{"x":0}' } },
    'a tag that is not text': { tags: { L: [{ N: '1' }] } },
    'an unknown visibility': { visibility: { S: 'friends' } },
    'links that are no list': { links: { S: '{}' } },
    'a link without an id': { links: { S: '[{"preset":null,"created":1,"expires":2}]' } },
    'a link whose preset is no name': {
      links: { S: '[{"id":"AAAAAAAAAAAAAAAAAAAAAA","preset":1,"created":1,"expires":2}]' },
    },
    'a link without an expiry': { links: { S: '[{"id":"AAAAAAAAAAAAAAAAAAAAAA","preset":null,"created":1}]' } },
  } satisfies Record<string, Item>)) {
    it(`is corrupt with ${kind}`, () => {
      assert.throws(() => imageOf({ ...ready, ...change }), /is corrupt/);
    });
  }
});

/** Only processes of the version that knows how its bytes arrive may write the record. */
function versionFor(image: Image): string {
  if (image.status === 'pending' && image.fetchFrom !== null) return '9';
  return partsOf(image) ? '8' : '6';
}
