import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { eventIdOf, eventOf, type ImageEvent } from '../../domain/event/image-event.ts';
import type { LoggedEvent } from '../../domain/event/logged-event.ts';
import { sampleDetails } from '../../domain/facts/facts.fixture.ts';
import {
  describe as describeImage,
  expire,
  type Image,
  reject,
  restore,
  retagged,
  revokeLinks,
  scheduleMaintenance,
  tombstone,
  trash,
  withLinks,
} from '../../domain/image/image.ts';
import { recordRenditionCrash } from '../../domain/image/rendition-failures.ts';
import type { ServiceEvent } from '../../observe/observer/observer.ts';
import type { RecordArchive } from '../archive/record-archive.ts';
import type { ImageRepository } from '../images/image-repository.ts';
import {
  NOW,
  sampleHeld,
  sampleLink,
  samplePending,
  samplePublished,
  sampleSettled,
  sampleTokenUse,
} from '../images/sample-images.fixture.ts';
import type { EventLog, EventQuery } from './event-log.ts';

/** The harness of an adapter: a fresh, empty log, and the repository whose changes it has. */
export interface EventLogHarness extends AsyncDisposable {
  readonly images: ImageRepository;
  readonly archive: Pick<RecordArchive, 'put'>;
  readonly log: EventLog;
  /** What the log has told its observer. */
  readonly told: readonly ServiceEvent[];
  /** Gives the last event of an image, which isn't readable yet, a type that only a later version knows. */
  spoil(image: Image): Promise<void>;
  /** Whether `forget` removes old entries, or the store does so by itself, some time later. */
  readonly forgets: 'when told' | 'by itself';
  /** Makes all that was written readable. */
  settle(): Promise<void>;
  /** The time of entries that are written from now on. */
  setNow(now: Date): void;
}

const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1_000);

export function describeEventLog(name: string, create: () => Promise<EventLogHarness>): void {
  describe(`${name} as a log of events`, () => {
    it('has a random id and no event before a change', async () => {
      await using harness = await create();
      const { log, sequences, incompleteUntil, forgotten } = await harness.log.head();
      assert.match(log, /^[0-9a-f]{16}$/);
      const none = Array.from({ length: harness.log.shards }, () => 0);
      assert.deepEqual(
        { sequences, incompleteUntil, forgotten },
        { sequences: none, incompleteUntil: null, forgotten: none },
      );
      assert.deepEqual(await allEvents(harness), []);
    });

    for (const [type, changes] of LIVES)
      it(`has ${type}, with the values of the record after the change`, async () => {
        await using harness = await create();
        const states = await live(harness, changes);
        const to = states.at(-1) ?? assert.fail();
        const found = (await allEvents(harness)).map(eventAlone);
        assert.deepEqual(found.at(-1), {
          type,
          imageId: to.id,
          userId: to.userId,
          revision: to.revision,
          status: to.status,
          code: to.status === 'rejected' ? to.rejection.code : null,
          changed: type === 'image.updated' ? ['tags', 'description'] : [],
          at: to.updatedAt,
        });
        assert.deepEqual(found, eventsOf(states));
      });

    it('has nothing of changes that have no name', async () => {
      await using harness = await create();
      const [, ready] = await live(harness, ['publish']);
      assert.ok(ready?.status === 'ready');
      const maintained = scheduleMaintenance(ready, later(5));
      const crashed = recordRenditionCrash(maintained, { rendition: 'r1', detail: 'it died', at: later(5) });
      const moved = retagged(crashed, '"other"');
      const linked = withLinks(moved, [sampleLink()]);
      const unnamed = { ...linked, revision: linked.revision + 1 };
      const states = [ready, maintained, crashed, moved, linked, unnamed];
      for (const [n, to] of states.slice(1).entries())
        assert.equal(await harness.images.replace(states[n] ?? assert.fail(), to), true);
      assert.equal((await allEvents(harness)).length, 1);
    });

    it('names a field of the details that a write says it changes', async () => {
      await using harness = await create();
      const [, ready] = await live(harness, ['publish']);
      assert.ok(ready?.status === 'ready');
      const moved = { ...ready, hasDetails: true, revision: ready.revision + 1, updatedAt: later(5) };
      const kept = { ...moved, revision: moved.revision + 1 };
      const written = { details: sampleDetails, changedDetails: ['position'] } as const;
      assert.equal(await harness.images.replace(ready, moved, written), true);
      assert.equal(await harness.images.replace(ready, moved, written), false);
      assert.equal(await harness.images.replace(moved, kept, { details: sampleDetails }), true);
      const told = (await allEvents(harness)).map(({ type, revision, changed: names }) => [type, revision, names]);
      assert.deepEqual(told, [
        ['image.ready', ready.revision, []],
        ['image.updated', moved.revision, ['position']],
      ]);
    });

    it('has the events of each image in the order of its revisions, in its shard', async () => {
      await using harness = await create();
      const lives = await Promise.all(Array.from({ length: 12 }, () => live(harness, LONG_LIFE)));
      const found = await allEvents(harness);
      for (const states of lives) {
        const own = found.filter(({ imageId }) => imageId === states[0]?.id);
        assert.deepEqual(own.map(eventAlone), eventsOf(states));
        for (const { shard, imageId } of own) assert.equal(shard, harness.log.shardOf(imageId));
      }
      assert.equal(new Set(found.map(eventIdOf)).size, found.length);
    });

    it('has nothing of a write that lost, failed or was refused', async () => {
      await using harness = await create();
      const { images } = harness;
      const [pending = assert.fail(), ready = assert.fail()] = await live(harness, ['publish']);
      assert.equal(await images.replace(pending, tombstone(samplePending({ id: pending.id }), NOW)), false);
      await assert.rejects(images.replace(ready, { ...pending, revision: 9 }), /ready can't become pending/);
      assert.equal(await images.create(samplePending({ id: pending.id })), false);
      const use = sampleTokenUse();
      const first = samplePending();
      assert.equal(await images.create(first, use), true);
      await assert.rejects(images.create(samplePending(), use), { code: 'upload-token-used-up' });
      const rivals = Array.from({ length: 5 }, (_, n) => expire(first, later(n)));
      const outcomes = await Promise.all(rivals.map((to) => images.replace(first, to)));
      assert.deepEqual(outcomes.filter(Boolean), [true]);
      assert.deepEqual((await allEvents(harness)).map(({ type }) => type).toSorted(), ['image.expired', 'image.ready']);
    });

    it('has an event of each record that an archive puts, once', async () => {
      await using harness = await create();
      const ready = samplePublished(samplePending({ tags: ['red'] }));
      const trashed = sampleSettled(samplePending(), 'trashed');
      for (const image of [ready, trashed, samplePending()])
        assert.equal(await harness.archive.put({ kind: 'image', image }), true);
      assert.equal(await harness.archive.put({ kind: 'image', image: ready }), false);
      const found = (await allEvents(harness)).map(eventAlone);
      assert.deepEqual(inOrder(found), inOrder([ready, trashed].flatMap((image) => eventOf(undefined, image) ?? [])));
    });

    it('reads by pages of any size, up to a sequence, also those of one owner', async () => {
      await using harness = await create();
      const users = ['ada', 'bob', "o'#1"];
      for (let n = 0; n < 9; n += 1) await live(harness, LONG_LIFE, users[n % 3]);
      await harness.settle();
      const { sequences } = await harness.log.head();
      for (const [shard, head] of sequences.entries()) {
        const all = await pagesOf(harness.log, { shard, after: 0, until: head, limit: 1_000 });
        for (const userId of [undefined, ...users, 'nobody']) {
          const expected = all.filter((event) => userId === undefined || event.userId === userId);
          for (const limit of [1, 3, 1_000])
            assert.deepEqual(await pagesOf(harness.log, { shard, after: 0, until: head, limit, userId }), expected);
          const middle = all[Math.floor(all.length / 2)]?.sequence ?? 0;
          const upper = await pagesOf(harness.log, { shard, after: middle, until: head, limit: 2, userId });
          const lower = await pagesOf(harness.log, { shard, after: 0, until: middle, limit: 2, userId });
          assert.deepEqual([...lower, ...upper], expected);
          assert.ok(lower.every(({ sequence }) => sequence <= middle));
        }
        const end = { shard, after: head, until: head, limit: 10 };
        assert.deepEqual(await harness.log.read(end), { events: [], through: head });
      }
    });

    it("leaves out a later version's event, and tells of it once", async () => {
      await using harness = await create();
      const { log, told } = harness;
      const sides = [await live(harness, LONG_LIFE)];
      const spoiled = (await live(harness, ['publish'])).at(-1) ?? assert.fail();
      await harness.spoil(spoiled);
      sides.push(await live(harness, LONG_LIFE));
      for (const userId of [undefined, 'ada'])
        assert.deepEqual(inOrder((await allEvents(harness, userId)).map(eventAlone)), inOrder(sides.flatMap(eventsOf)));
      const [shard, { sequences }] = [log.shardOf(spoiled.id), await log.head()];
      for (let [after, until] = [0, sequences[shard] ?? 0]; after < until; ) {
        const { through } = await log.read({ shard, after, until, limit: 1 });
        assert.ok(through > after, `expected a page after ${after}; got one up to ${through}`);
        after = through;
      }
      const reason = 'expected a type of event in a stored event; got something else';
      assert.deepEqual(told, [{ event: 'unreadable-record', imageId: spoiled.id, reason }]);
    });

    it('shows each event above every head that was read before it', async () => {
      await using harness = await create();
      const { log } = harness;
      const seen: LoggedEvent[] = [];
      const positions = Array.from({ length: log.shards }, () => 0);
      const follow = async (): Promise<void> => {
        const { sequences } = await log.head();
        for (const [shard, until] of sequences.entries()) {
          const after = positions[shard] ?? 0;
          assert.ok(until >= after, `expected a head of ${after} or more; got ${until}`);
          seen.push(...(await pagesOf(log, { shard, after, until, limit: 7 })));
          positions[shard] = until;
        }
      };
      let isOver = false;
      const following = (async () => {
        for (; !isOver; await nextTurn()) await follow();
      })();
      const settling = (async () => {
        for (; !isOver; await nextTurn()) await harness.settle();
      })();
      const lives = await Promise.all(Array.from({ length: 10 }, () => live(harness, LONG_LIFE))).finally(() => {
        isOver = true;
      });
      await Promise.all([following, settling]);
      await harness.settle();
      await follow();
      for (const states of lives) {
        const own = seen.filter(({ imageId }) => imageId === states[0]?.id);
        assert.deepEqual(own.map(eventAlone), eventsOf(states));
      }
    });

    it('erases a user, whether or not the events are readable yet, and nobody else', async () => {
      await using harness = await create();
      const events = async (userId?: string) => (await allEvents(harness, userId)).length;
      await live(harness, LONG_LIFE, 'ada');
      const others = eventsOf(await live(harness, LONG_LIFE, 'adam')).length;
      await harness.settle();
      await live(harness, LONG_LIFE, 'ada');
      assert.ok((await harness.log.eraseUser('ada')) > 0);
      assert.deepEqual([await events(), await events('ada'), await events('adam')], [others, 0, others]);
      assert.equal(await harness.log.eraseUser('ada'), 0);
      const again = eventsOf(await live(harness, LONG_LIFE, 'ada')).length;
      assert.deepEqual([await events(), await events('ada')], [others + again, again]);
    });

    it('keeps its place when a user is erased: positions stay, and sequences are not used again', async () => {
      await using harness = await create();
      await live(harness, LONG_LIFE, 'ada');
      await harness.settle();
      const before = await harness.log.head();
      await harness.log.eraseUser('ada');
      assert.deepEqual(await harness.log.head(), before);
      await live(harness, LONG_LIFE, 'ada');
      for (const { shard, sequence } of await allEvents(harness)) assert.ok(sequence > (before.sequences[shard] ?? 0));
    });

    it('forgets what was written before a time, and says up to where', async (t) => {
      await using harness = await create();
      const { log } = harness;
      const old = await live(harness, LONG_LIFE);
      await harness.settle();
      const between = await log.head();
      harness.setNow(later(100));
      const young = await live(harness, LONG_LIFE);
      await log.forget(later(0), later(200));
      assert.equal((await allEvents(harness)).length, eventsOf(old).length + eventsOf(young).length);
      await log.forget(later(50), later(200));
      if (harness.forgets === 'by itself') return t.skip('this store removes old entries by itself, some time later');
      assert.deepEqual((await allEvents(harness)).map(eventAlone), eventsOf(young));
      assert.deepEqual((await log.head()).forgotten, between.sequences);
      await log.forget(later(200), later(200));
      const { sequences, forgotten } = await log.head();
      assert.deepEqual([await allEvents(harness), forgotten], [[], sequences]);
      const next = await live(harness, LONG_LIFE);
      assert.deepEqual((await allEvents(harness)).map(eventAlone), eventsOf(next));
    });

    it('equals the events of any changes', async () => {
      const steps = fc.array(fc.record({ at: fc.nat(6), kind: fc.constantFrom(...KINDS), user: fc.nat(2) }), {
        maxLength: 25,
      });
      await fc.assert(
        fc.asyncProperty(steps, async (changes) => {
          await using harness = await create();
          const stored: Image[] = [];
          const expected: ImageEvent[] = [];
          for (const { at, kind, user } of changes) {
            const from = stored[at];
            if (!from) {
              const pending = samplePending({ userId: `user ${user}` });
              assert.equal(await harness.images.create(pending), true);
              stored.push(pending);
              continue;
            }
            const to = changed(from, kind);
            if (to === from) continue;
            assert.equal(await harness.images.replace(from, to), true);
            stored[at] = to;
            expected.push(...eventsOf([from, to]));
            if (user === 0) await harness.settle();
          }
          assert.deepEqual(inOrder((await allEvents(harness)).map(eventAlone)), inOrder(expected));
        }),
        { numRuns: 20 },
      );
    });
  });
}

const KINDS = [
  'publish',
  'hold',
  'reject',
  'expire',
  'describe',
  'link',
  'revoke',
  'trash',
  'restore',
  'delete',
] as const;
type Kind = (typeof KINDS)[number];

/** Changes of an image, the last of which has that event. */
const LIVES: readonly (readonly [ImageEvent['type'], readonly Kind[]])[] = [
  ['image.ready', ['publish']],
  ['image.held', ['hold']],
  ['image.rejected', ['reject']],
  ['image.rejected', ['hold', 'reject']],
  ['image.expired', ['expire']],
  ['image.updated', ['publish', 'describe']],
  ['image.updated', ['describe']],
  ['image.trashed', ['publish', 'trash']],
  ['image.restored', ['publish', 'trash', 'restore']],
  ['image.deleted', ['publish', 'delete']],
  ['image.deleted', ['delete']],
];

const LONG_LIFE: readonly Kind[] = ['publish', 'describe', 'link', 'revoke', 'trash', 'restore', 'describe', 'delete'];

/** The image itself if its status has no such change. */
function changed(image: Image, kind: Kind): Image {
  const { status } = image;
  const at = later(image.revision);
  if (status === 'deleted') return image;
  if (kind === 'delete') return tombstone(image, at);
  if (status === 'rejected' || status === 'expired') return image;
  if (kind === 'reject') return reject(image, { code: 'too-many-pixels', detail: 'it is large' }, at);
  if (status === 'trashed') return kind === 'restore' ? restore(image, at, []) : image;
  if (kind === 'describe') return describeImage(image, { tags: [`${image.revision}`], description: `${at}` }, at);
  if (kind === 'revoke') return revokeLinks(image, at);
  if (status === 'pending') {
    if (kind === 'publish') return samplePublished(image);
    if (kind === 'hold') return sampleHeld(image);
    return kind === 'expire' ? expire(image, at) : image;
  }
  if (status === 'held') return image;
  if (kind === 'link') return withLinks(image, [sampleLink()]);
  return kind === 'trash' ? trash(image, at, later(9_999)) : image;
}

/** The states of a new image whose changes were written one after another. */
async function live(
  { images }: Pick<EventLogHarness, 'images'>,
  kinds: readonly Kind[],
  userId = 'ada',
): Promise<readonly Image[]> {
  const pending = samplePending({ userId });
  assert.equal(await images.create(pending), true);
  const states: Image[] = [pending];
  for (const kind of kinds) {
    const from = states.at(-1) ?? pending;
    const to = changed(from, kind);
    assert.notEqual(to, from, `expected that ${kind} changes an image that is ${from.status}`);
    assert.equal(await images.replace(from, to), true);
    states.push(to);
  }
  return states;
}

/** The events of an image that went through these states. */
const eventsOf = (states: readonly Image[]): readonly ImageEvent[] =>
  states.slice(1).flatMap((to, n) => eventOf(states[n], to) ?? []);

/** Everything that a reader finds who begins now at the oldest event, shard by shard. */
async function allEvents(harness: EventLogHarness, userId?: string): Promise<readonly LoggedEvent[]> {
  await harness.settle();
  const { sequences, forgotten } = await harness.log.head();
  const found: LoggedEvent[] = [];
  for (const [shard, until] of sequences.entries()) {
    const after = forgotten[shard] ?? assert.fail();
    found.push(...(await pagesOf(harness.log, { shard, after, until, limit: 1_000, userId })));
  }
  return found;
}

/** The events of all pages, whose sequences rise. */
async function pagesOf(log: EventLog, query: EventQuery): Promise<readonly LoggedEvent[]> {
  const found: LoggedEvent[] = [];
  for (let { after } = query; ; ) {
    const { events, through } = await log.read({ ...query, after });
    assert.ok(events.length <= query.limit);
    for (const event of events) {
      assert.ok(event.sequence > after && event.sequence <= through && event.shard === query.shard);
      after = event.sequence;
    }
    found.push(...events);
    if (through === query.until) return found;
    assert.ok(through >= after && through < query.until && events.length > 0);
    after = through;
  }
}

const eventAlone = ({ shard: _, sequence: __, ...event }: LoggedEvent): ImageEvent => event;

/** By image and revision: images of several shards have no common order. */
const inOrder = (events: readonly ImageEvent[]): readonly ImageEvent[] =>
  events.toSorted((one, other) =>
    one.imageId === other.imageId ? one.revision - other.revision : one.imageId < other.imageId ? -1 : 1,
  );
