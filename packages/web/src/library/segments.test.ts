import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Segment, Sorted } from './library.ts';
import { AFTER_ALL, BEFORE_ALL, justAfter } from './position.ts';
import { dropFar, fillGap, gapOf, putPicture, removePictures, reopen, restoreBlock } from './segments.ts';

const idOf = (number: number): string => `01900000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** Its date has changed by so much since it was first listed. */
const pictureOf = (number: number, moved = 0): Sorted => ({
  at: idOf(number + moved),
  image_id: idOf(number),
  user_id: 'me',
  filename: `${number}.jpg`,
  content_type: 'image/jpeg',
  width: 300,
  height: 200,
  created_at: '2026-01-01T00:00:00Z',
  description: null,
  placeholder: null,
  dominant_color: null,
  renditions: null,
  status: 'ready',
});

/** A page of the pictures that exist. No picture has an id that is a bound: the service's pages contain theirs. */
function pageOf(existing: ReadonlySet<number>, from: number, to: number) {
  const numbers = [...existing].filter((one) => one > from && one <= to).toSorted((a, b) => b - a);
  return { pictures: numbers.map((one) => pictureOf(one)), from: justAfter(idOf(from)), to: justAfter(idOf(to)) };
}

/** Newest first, without overlaps, and every block as it says. */
function assertWhole(segments: readonly Segment[]): void {
  let above: string = AFTER_ALL;
  for (const [index, segment] of segments.entries()) {
    const [to, from] = segment.kind === 'gap' ? [segment.to, segment.from] : [segment.newest, segment.oldest];
    assert.ok(to <= above && from <= to, `expected segment ${index} below ${above}; got ${to} to ${from}`);
    above = from;
    if (segment.kind === 'gap' || !segment.pictures) continue;
    const ids = segment.pictures.map(({ image_id }) => image_id);
    assert.deepEqual(ids, ids.toSorted().toReversed());
    assert.deepEqual([ids.length, ids[0], ids.at(-1)], [segment.count, segment.newest, segment.oldest]);
  }
}

const numbers = fc.integer({ min: 1, max: 60 });
const steps = fc.oneof(
  fc.record({
    kind: fc.constant('fill' as const),
    gap: fc.nat(5),
    from: fc.nat(61),
    length: fc.integer({ min: 2, max: 30 }),
  }),
  fc.record({ kind: fc.constant('put' as const), number: numbers }),
  fc.record({ kind: fc.constant('remove' as const), number: numbers }),
  fc.record({ kind: fc.constant('restore' as const), number: numbers }),
  fc.record({ kind: fc.constant('date' as const), number: numbers, moved: fc.integer({ min: -60, max: 60 }) }),
  fc.record({ kind: fc.constant('drop' as const), near: fc.nat(5) }),
);

describe('the segments of a library', () => {
  it('hold each picture once, in order, whatever is loaded, dropped, added and removed', () => {
    fc.assert(
      fc.property(fc.uniqueArray(numbers), fc.array(steps, { maxLength: 30 }), (first, all) => {
        const existing = new Set(first);
        let segments: readonly Segment[] = [gapOf(AFTER_ALL, BEFORE_ALL)];
        for (const step of all) {
          if (step.kind === 'fill') {
            const gaps = segments.filter(({ kind }) => kind === 'gap');
            const gap = gaps[step.gap % Math.max(1, gaps.length)];
            if (gap) segments = fillGap(segments, gap.key, pageOf(existing, step.from, step.from + step.length));
          } else if (step.kind === 'put') {
            existing.add(step.number);
            segments = putPicture(segments, pictureOf(step.number));
          } else if (step.kind === 'date') {
            const loaded = segments.flatMap((one) => (one.kind === 'block' ? (one.pictures ?? []) : []));
            const picture = { ...pictureOf(step.number, step.moved), filename: 'dated.jpg' };
            // Only a loaded one: the others are listed where they are now.
            if (loaded.some((one) => one.image_id === picture.image_id)) segments = putPicture(segments, picture);
          } else if (step.kind === 'remove') {
            existing.delete(step.number);
            segments = removePictures(segments, new Set([idOf(step.number)]));
          } else if (step.kind === 'restore') {
            existing.add(step.number);
            segments = reopen(segments, [idOf(step.number)]);
          } else {
            const near = segments[step.near % Math.max(1, segments.length)]?.key ?? 0;
            segments = dropFar(segments, { near, pinned: [], most: 5 });
          }
          assertWhole(segments);
        }
        // Everything is loaded at last.
        for (const segment of segments) {
          const page = pageOf(existing, 0, 100);
          segments =
            segment.kind === 'gap'
              ? fillGap(segments, segment.key, { ...page, from: BEFORE_ALL, to: AFTER_ALL })
              : restoreBlock(segments, segment.key, page.pictures);
        }
        assertWhole(segments);
        const ids = segments
          .flatMap((one) => (one.kind === 'block' ? (one.pictures ?? []) : []))
          .map((one) => one.image_id);
        assert.deepEqual(ids, [...existing].toSorted((a, b) => b - a).map(idOf));
      }),
    );
  });
});
