import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Coordination, LONGEST_LEASE_SECONDS } from './coordination.ts';

/** The harness of an adapter: a fresh, empty store. */
export interface CoordinationHarness extends AsyncDisposable {
  readonly coordination: Coordination;
}

const NOW = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);

export function describeCoordination(name: string, create: () => Promise<CoordinationHarness>): void {
  describe(`${name} as coordination`, () => {
    describe('a lease', () => {
      const held = (holder: string, until: Date) => ({ name: 'sweep-incoming', holder, until }) as const;

      it('goes to one of many concurrent callers, and is renewed by its holder', async () => {
        await using harness = await create();
        const asked = await Promise.all(
          Array.from({ length: 20 }, (_, n) => harness.coordination.holdLease(held(`holder ${n}`, later(60)), NOW)),
        );
        assert.equal(asked.filter((isHeld) => isHeld).length, 1);
        const holder = `holder ${asked.indexOf(true)}`;
        assert.equal(await harness.coordination.holdLease(held(holder, later(120)), later(30)), true);
        assert.equal(await harness.coordination.holdLease(held('another', later(180)), later(119)), false);
        assert.equal(await harness.coordination.holdLease(held('another', later(180)), later(120)), true);
        assert.equal(await harness.coordination.holdLease(held(holder, later(180)), later(121)), false);
      });

      it('can be extended by its holder until it ends, and by nobody afterwards', async () => {
        await using harness = await create();
        const { coordination } = harness;
        assert.equal(await coordination.renewLease(held('a', later(60)), NOW), false, 'nobody holds it');
        assert.equal(await coordination.holdLease(held('a', later(60)), NOW), true);
        assert.equal(await coordination.renewLease(held('b', later(120)), later(30)), false, 'another holds it');
        assert.equal(await coordination.renewLease(held('a', later(90)), later(59)), true);
        assert.equal(await coordination.holdLease(held('b', later(150)), later(89)), false);
        assert.equal(await coordination.renewLease(held('a', later(150)), later(90)), false, 'it has ended');
        assert.equal(await coordination.holdLease(held('b', later(150)), later(90)), true);
        assert.equal(await coordination.renewLease(held('a', later(180)), later(91)), false, 'another holds it now');
      });

      it('is ignored if a wrong clock set it', async () => {
        await using harness = await create();
        const longest = later(LONGEST_LEASE_SECONDS);
        assert.equal(await harness.coordination.holdLease(held('a', longest), NOW), true);
        assert.equal(await harness.coordination.holdLease(held('b', longest), NOW), false);
        assert.equal(await harness.coordination.holdLease(held('a', later(86_400)), NOW), true);
        assert.equal(await harness.coordination.holdLease(held('b', longest), NOW), true);
      });
    });

    describe('a bookmark', () => {
      it('is the position that was set last', async () => {
        await using harness = await create();
        assert.equal(await harness.coordination.bookmark('orphans'), undefined);
        for (const position of ['1 images/', '2 images/a%20b/c']) {
          await harness.coordination.setBookmark('orphans', position);
          assert.equal(await harness.coordination.bookmark('orphans'), position);
        }
      });
    });
  });
}
