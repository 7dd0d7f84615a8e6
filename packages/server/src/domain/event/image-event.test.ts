import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  NOW,
  sampleHeld,
  sampleLink,
  samplePending,
  samplePublished,
} from '../../records/images/sample-images.fixture.ts';
import { sampleFacts } from '../facts/facts.fixture.ts';
import type { WallClock } from '../facts/wall-clock.ts';
import {
  canBecome,
  describe as describeImage,
  expire,
  type Image,
  type ReadyImage,
  reject,
  removed,
  revokeLinks,
  type Status,
  scheduleMaintenance,
  tombstone,
  trash,
  withLinks,
  withoutLink,
} from '../image/image.ts';
import { type ChangedField, type EventType, eventIdOf, eventOf } from './image-event.ts';

const LATER = new Date(NOW.getTime() + 5_000);

const pending = samplePending({ tags: ['red'] });
const ready = samplePublished(pending);
const IN: Readonly<Record<Status, Image>> = {
  pending,
  held: sampleHeld(pending),
  ready,
  trashed: trash(ready, LATER, LATER),
  rejected: reject(pending, { code: 'unreadable-image', detail: 'it is cut off' }, LATER),
  expired: expire(pending, LATER),
  deleted: tombstone(ready, LATER),
};
const STATUSES = Object.keys(IN) as readonly Status[];

const dated = (image: ReadyImage, takenByHand: WallClock | null) => ({
  ...image,
  facts: { ...(image.facts ?? sampleFacts), takenByHand },
  revision: image.revision + 1,
});

/** By the status after the change; a ready image that was in the trash is restored. */
const TYPES: Readonly<Record<Status, EventType | undefined>> = {
  pending: undefined,
  held: 'image.held',
  ready: 'image.ready',
  trashed: 'image.trashed',
  rejected: 'image.rejected',
  expired: 'image.expired',
  deleted: 'image.deleted',
};

describe('the event of a change of status', () => {
  for (const from of STATUSES)
    for (const to of STATUSES.filter((status) => canBecome(from, status))) {
      const type = from === 'trashed' && to === 'ready' ? 'image.restored' : TYPES[to];
      it(`is ${type} when ${from} becomes ${to}`, () => {
        const after = { ...IN[to], revision: 7 };
        assert.deepEqual(eventOf(IN[from], after), {
          type,
          imageId: after.id,
          userId: 'ada',
          revision: 7,
          status: to,
          code: to === 'rejected' ? 'unreadable-image' : null,
          changed: [],
          at: after.updatedAt,
        });
      });
    }

  for (const status of STATUSES)
    it(`is ${TYPES[status] ?? 'none'} when a record begins as ${status}`, () => {
      assert.equal(eventOf(undefined, IN[status])?.type, TYPES[status]);
    });
});

describe('the event of a change that keeps the status', () => {
  const CHANGES: Readonly<Record<ChangedField, Image>> = {
    filename: describeImage(ready, { filename: 'other.jpg' }, LATER),
    tags: describeImage(ready, { tags: ['red', 'blue'] }, LATER),
    description: describeImage(ready, { description: 'The sea' }, LATER),
    metadata: describeImage(ready, { metadata: { a: { b: [1] } } }, LATER),
    external_id: describeImage(ready, { externalId: 'order-1042/front' }, LATER),
    focal_point: describeImage(ready, { focalPoint: { x: 0.5, y: 0.25 } }, LATER),
    // A change that ends signed URLs without links says so too.
    visibility: { ...ready, visibility: 'public', revision: ready.revision + 1 },
    links: revokeLinks(withLinks(ready, [sampleLink()]), LATER),
    taken_at: dated(ready, null),
    position: describeImage(ready, {}, LATER),
  };
  for (const [field, to] of Object.entries(CHANGES))
    it(`names ${field} alone`, () => {
      const event = eventOf(ready, to, field === 'position' ? ['position'] : []);
      assert.deepEqual([event?.type, event?.changed], ['image.updated', [field]]);
    });

  it('names a date that somebody sets, sets otherwise, or removes, and none that is read again', () => {
    const read = { ...ready, facts: sampleFacts };
    const clocks = ['2019-05-04T00:00:00.000', '2019-05-05T00:00:00.000', null].map((at) => at as WallClock | null);
    let before = read;
    for (const clock of clocks) {
      const after = dated(before, clock);
      assert.deepEqual(eventOf(before, after)?.changed, ['taken_at']);
      assert.equal(eventOf(after, dated(after, clock)), undefined);
      before = after;
    }
    for (const from of [read, before]) {
      const again = { ...from, facts: { ...from.facts, reader: 9, taken: null }, revision: from.revision + 1 };
      assert.equal(eventOf(from, again), undefined);
    }
  });

  it('names all changed fields in their order', () => {
    const to = describeImage(ready, { visibility: 'public', tags: [], filename: 'b.jpg' }, LATER);
    assert.deepEqual(eventOf(ready, to)?.changed, ['filename', 'tags', 'visibility', 'links']);
  });

  it('is told of pending and held images too', () => {
    for (const from of [pending, sampleHeld(pending)])
      assert.equal(eventOf(from, describeImage(from, { tags: [] }, LATER))?.type, 'image.updated');
  });

  it('is none for what has no name', () => {
    const link = sampleLink();
    const linked = withLinks(ready, [link]);
    const ended = { ...IN.deleted, description: 'of an older version' } as Extract<Image, { status: 'deleted' }>;
    const pairs: readonly (readonly [Image, Image])[] = [
      [ready, linked],
      [linked, withoutLink(linked, link)],
      [ready, scheduleMaintenance(ready, LATER)],
      [ready, { ...ready, revision: ready.revision + 1, updatedAt: LATER }],
      [ready, describeImage(ready, { tags: ['red'] }, LATER)],
      [pending, { ...pending, claim: { attempt: 'a1', leaseUntil: LATER } }],
      [ended, removed(ended, LATER)],
    ];
    for (const [from, to] of pairs) assert.equal(eventOf(from, to), undefined);
  });

  it('has an id of image and revision, without a full stop', () => {
    assert.equal(eventIdOf({ imageId: ready.id, revision: 12 }), `${ready.id}-12`);
  });
});
