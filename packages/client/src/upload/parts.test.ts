import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createParts } from './parts.ts';

const request = { url: 'https://x.example/', headers: {} };
const offers = (numbers: readonly number[]) => new Map(numbers.map((number) => [number, request] as const));

describe('the parts of a file', () => {
  it('arrive once each, whatever fails, in any order', () => {
    const steps = fc.array(
      fc.record({ what: fc.constantFrom('arrive', 'fail', 'expire', 'learn', 'forget'), which: fc.nat() }),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), steps, (size, partSize, chances) => {
        const parts = createParts({ size, partSize });
        const count = Math.ceil(size / partSize);
        const stored = new Set<number>();
        const running: number[] = [];
        const step = (what: string, which: number): void => {
          parts.offer(offers(parts.wanted(3)));
          const next = running.length < 4 ? parts.start() : undefined;
          if (next) {
            assert.ok(!stored.has(next.number) && !running.includes(next.number), 'sent twice');
            running.push(next.number);
          }
          if (what === 'expire') parts.expire();
          if (what === 'learn') parts.learn([...stored, 0, count + 1, 1.5]);
          const [number] = what === 'arrive' || what === 'fail' ? running.splice(which % running.length, 1) : [];
          if (number === undefined) return;
          const { start, end } = parts.rangeOf(number);
          parts.moved(number, which % (end - start + 5));
          assert.ok(parts.sentBytes() <= size);
          parts.end(number, what === 'arrive');
          if (what === 'arrive') stored.add(number);
        };
        for (const { what, which } of chances) {
          if (what === 'forget') {
            if (running.length > 0) continue;
            parts.forget();
            stored.clear();
          } else step(what, which);
          assert.equal(parts.arrived(), stored.size);
          const bytes = [...stored].reduce(
            (sum, number) => sum + parts.rangeOf(number).end - parts.rangeOf(number).start,
            0,
          );
          if (running.length === 0) assert.equal(parts.sentBytes(), bytes);
        }
        for (let left = 0; !parts.isComplete(); left += 1) {
          assert.ok(left <= 2 * count + 4);
          step('arrive', 0);
        }
        assert.deepEqual(
          [stored.size, parts.sentBytes(), parts.wanted(1), parts.start()],
          [count, size, [], undefined],
        );
      }),
    );
  });

  it('cover the file without a gap', () => {
    const parts = createParts({ size: 25, partSize: 10 });
    assert.deepEqual([1, 2, 3].map(parts.rangeOf), [
      { start: 0, end: 10 },
      { start: 10, end: 20 },
      { start: 20, end: 25 },
    ]);
  });

  it('count as sent once the store says that they have arrived', () => {
    const parts = createParts({ size: 25, partSize: 10 });
    parts.offer(offers([1, 2, 3]));
    parts.learn([3, 1]);
    assert.deepEqual([parts.sentBytes(), parts.ready(), parts.start()?.number], [15, 1, 2]);
    parts.moved(2, 4);
    assert.equal(parts.sentBytes(), 19);
    parts.learn([2]); // an earlier attempt, whose answer was lost
    assert.equal(parts.sentBytes(), 19);
  });
});
