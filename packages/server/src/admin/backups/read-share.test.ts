import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { describe, it } from 'node:test';
import { type ReadMark, readShare } from './read-share.ts';

const HOUR_MS = 3_600_000;

describe('the originals that backups read', () => {
  const originals = Array.from({ length: 300 }, (_, number) => hash('sha256', `${number}`)).toSorted();
  const start = new Date('2026-11-26T03:15:00.000Z').getTime();

  interface Run {
    readonly hour: number;
    readonly share?: number;
    /** How many are read until the time is over. */
    readonly most?: number;
  }

  /** The longest time for which one of them wasn't read by these backups, in hours, and how many each has read. */
  function reads(runs: readonly Run[]) {
    let mark: ReadMark | undefined;
    const lastRead = new Map(originals.map((one) => [one, 0]));
    let longest = 0;
    const counts: number[] = [];
    const left: number[] = [];
    for (const { hour, share = 1 / 30, most = originals.length } of runs) {
      let count = 0;
      const now = new Date(start + hour * HOUR_MS);
      const reading = readShare({ share, mark, now, isOver: () => count >= most });
      const first = originals.findIndex((one) => one >= reading.from);
      for (const one of [...originals.slice(first), ...originals.slice(0, first)]) {
        if (!reading.isRead(one)) continue;
        count += 1;
        longest = Math.max(longest, hour - (lastRead.get(one) ?? 0));
        lastRead.set(one, hour);
      }
      const ended = reading.end();
      mark = ended.mark;
      counts.push(count);
      left.push(ended.left);
    }
    const end = runs.at(-1)?.hour ?? 0;
    longest = Math.max(longest, ...lastRead.values().map((hour) => end - hour));
    return { longest, counts, left };
  }

  const each = (count: number, hours: number): Run[] =>
    Array.from({ length: count }, (_, nth) => ({ hour: nth * hours }));
  const nights = each(90, 24);
  const withNight = (night: number, change: Partial<Run>): Run[] => nights.with(night, { hour: night * 24, ...change });

  for (const [rhythm, runs, days] of [
    ['nightly', nights, 30],
    ['weekly', each(13, 7 * 24), 35],
    ['every two hours', each(60 * 12, 2), 30],
    ['on odd days', [0, 30, 31, 80, 200, 300, 301, 650, 700, 719, 1_000, 1_500].map((hour) => ({ hour })), 50],
    ['nightly, and one night reads none', withNight(40, { share: 0 }), 31],
    ['nightly, and one night is cut', withNight(40, { most: 3 }), 31],
    ['nightly, and one night is cut at once', withNight(40, { most: 0 }), 31],
    ['nightly, with a pause of two weeks', nights.filter((_, night) => night < 40 || night > 53), 44],
  ] as const)
    it(`are all read within 30 days, and what a pause takes: ${rhythm}`, () => {
      const { longest, counts } = reads(runs);
      assert(longest <= days * 24, `${longest / 24} days`);
      assert(counts.reduce((sum, count) => sum + count, 0) < originals.length * ((runs.at(-1)?.hour ?? 0) / 720 + 0.1));
    });

  it('are all read in turn, and what is left is told, if the time is never enough', () => {
    const { longest, counts, left } = reads(Array.from({ length: 120 }, (_, night) => ({ hour: night * 24, most: 5 })));
    assert(longest <= 62 * 24, `${longest / 24} days`);
    assert(Math.max(...counts) === 5 && (left.at(-1) ?? 0) > 0.9);
  });

  it('are a thirtieth each night, none or all if that is wanted, and a day of them after a clock that went back', () => {
    const count = (share: number, at: number | undefined): number => {
      const mark =
        at === undefined ? undefined : ({ format: 1, readTo: '800000000000', at: new Date(at).toISOString() } as const);
      const isOver = () => share === 1; // of all, none is left
      return originals.filter(readShare({ share, mark, now: new Date(start), isOver }).isRead).length;
    };
    for (const at of [undefined, start - 24 * HOUR_MS, start + 24 * HOUR_MS]) {
      const read = count(1 / 30, at);
      assert(read > 2 && read < 20, `${read}`);
      assert.deepEqual([count(0, at), count(1, at)], [0, originals.length]);
    }
    assert.equal(count(1, start), originals.length);
    assert.equal(count(1 / 30.5, start - 31 * 24 * HOUR_MS), originals.length);
  });
});
