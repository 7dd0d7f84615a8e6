import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ImageId } from '../image/image-id.ts';
import { EVERY_EVENT, type EventFilter, isSelective, isWanted, shownEvent } from './event-filter.ts';
import { type ChangedField, EVENT_TYPES, type EventType, type ImageEvent } from './image-event.ts';

const event = (type: EventType, more: Partial<ImageEvent> = {}): ImageEvent => ({
  type,
  imageId: '01a1f82b-80d8-703c-9c86-1b8ba42038d1' as ImageId,
  userId: 'ada',
  revision: 2,
  status: 'ready',
  code: null,
  changed: [],
  at: new Date(0),
  ...more,
});
const updated = (changed: readonly ChangedField[], more: Partial<ImageEvent> = {}) =>
  event('image.updated', { changed, ...more });
const viewer = (seesMetadata: boolean): EventFilter => ({ ...EVERY_EVENT, userId: 'ada', viewer: { seesMetadata } });

describe('the events of users by prefix', () => {
  it('are those of users whose ids begin so, in a page that looks at others too', () => {
    const filter: EventFilter = { ...EVERY_EVENT, userPrefix: 'zo\u00eb:' };
    for (const [userId, isOne] of [
      ['zo\u00eb:', true],
      ['zo\u00eb:ada', true],
      ['zo\u00eb', false],
      ['zoe\u0308:ada', false],
      ['Zo\u00eb:ada', false],
      ['xzo\u00eb:ada', false],
    ] as const)
      assert.equal(isWanted(filter, event('image.ready', { userId })), isOne, userId);
    assert.ok(isSelective(filter));
  });
});

describe('the events of a view token', () => {
  it('are those of ready images', () => {
    const wanted = EVENT_TYPES.filter((type) => isWanted(viewer(false), event(type, { changed: ['tags'] })));
    assert.deepEqual(
      new Set(wanted),
      new Set(['image.ready', 'image.updated', 'image.trashed', 'image.restored', 'image.replaced', 'image.deleted']),
    );
    assert.ok(!isWanted(viewer(false), updated(['tags'], { status: 'held' })));
    assert.ok(!isWanted(viewer(false), event('image.ready', { userId: 'bob' })));
  });

  it('tell of no field that it does not see, and not at all of a change of such fields alone', () => {
    const changed = ['tags', 'metadata', 'links'] as const;
    assert.deepEqual(shownEvent(viewer(false), updated(changed)).changed, ['tags']);
    assert.deepEqual(shownEvent(viewer(true), updated(changed)).changed, ['tags', 'metadata']);
    assert.deepEqual(shownEvent(EVERY_EVENT, updated(changed)).changed, changed);
    assert.ok(!isWanted(viewer(false), updated(['metadata', 'links'])));
    assert.ok(isWanted(viewer(true), updated(['metadata', 'links'])));
    assert.ok(!isWanted(viewer(true), updated(['links'])));
    const corrected = ['taken_at', 'position'] as const;
    assert.deepEqual(shownEvent(viewer(true), updated(corrected)).changed, ['taken_at']);
    assert.deepEqual(shownEvent(EVERY_EVENT, updated(corrected)).changed, corrected);
    assert.ok(!isWanted(viewer(false), updated(corrected)));
    assert.ok(!isWanted(viewer(true), updated(['position'])));
    assert.ok(isWanted(EVERY_EVENT, updated(['links'])));
  });

  it('leave out some of the log, which pages have to expect', () => {
    assert.ok(isSelective(viewer(true)));
    assert.ok(!isSelective({ ...EVERY_EVENT, userId: 'ada' }));
  });
});
