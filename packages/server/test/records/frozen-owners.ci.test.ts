import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { type DynamoForTests, dynamoForTests } from '../../../../test/servers/dynamo-for-tests.ts';
import { NO_DYNOXIDE } from '../../../../test/servers/dynoxide.ts';
import { UNKNOWN_PAYER } from '../../src/domain/access/payer.ts';
import { createPlaces } from '../../src/flow/places.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { type HeldClaim, hasLiveClaim, holdClaim, newClaim, released } from '../../src/operations/uploads/claim.ts';
import { onceForKey } from '../../src/operations/uploads/idempotency.ts';
import { createDynamodbHarness } from '../../src/records/images/dynamodb/dynamodb-harness.fixture.ts';
import type { ImageRepositoryHarness } from '../../src/records/images/image-repository.contract.ts';
import type { ImageRepository } from '../../src/records/images/image-repository.ts';
import { newImageId, samplePending } from '../../src/records/images/sample-images.fixture.ts';
import { createSqliteHarness } from '../../src/records/images/sqlite/sqlite-harness.fixture.ts';
import { movingClock } from '../services/moving-clock.ts';
import { createTestService, json } from '../services/service.ts';

const SECOND = 1_000;
const CLAIM_MS = 60 * SECOND;
const KEY_MS = 30 * SECOND;
const DAY_MS = 86_400 * SECOND;

describe('records in SQLite', () => describeOwners(() => createSqliteHarness()));

describe('records in DynamoDB', { skip: NO_DYNOXIDE }, () => {
  let server: DynamoForTests;
  before(async () => {
    server = await dynamoForTests();
  });
  after(() => server[Symbol.asyncDispose]());
  describeOwners(() => createDynamodbHarness(server.dynamo));
});

/**
 * Processes that are frozen and resumed, like an instance of Lambda between two events: time passes without execution.
 */
function describeOwners(create: () => Promise<ImageRepositoryHarness>): void {
  describe('a claim', () => {
    it('is renewed by its holder while it lasts', async (t) => {
      await using held = await createClaimed(create, t);
      held.sleep(20 * SECOND);
      await held.renewal();
      assert.ok(await held.isLiveIn(CLAIM_MS - 10 * SECOND));
    });

    it('that lapsed while its holder was frozen is never renewed', async (t) => {
      await using held = await createClaimed(create, t);
      for (let thaws = 0; thaws < 5; thaws += 1) held.sleep(CLAIM_MS);
      await held.renewal();
      assert.equal(await held.isLiveIn(0), false);
    });

    it('that lapsed is still settled by its holder if no other has taken the image', async (t) => {
      await using held = await createClaimed(create, t);
      held.sleep(CLAIM_MS);
      assert.ok(await held.claim.settle(released));
      assert.equal((await held.images.get(held.claim.image.id))?.status, 'pending');
    });

    it('that another has taken since is settled by the other only', async (t) => {
      await using held = await createClaimed(create, t);
      held.sleep(CLAIM_MS);
      const { image } = held.claim;
      const other = { attempt: 'other', leaseUntil: new Date(held.clock.now().getTime() + CLAIM_MS) };
      assert.ok(await held.images.replace(image, { ...image, claim: other }));
      held.sleep(20 * SECOND);
      assert.equal(await held.claim.settle(released), undefined);
      assert.deepEqual(await held.images.get(image.id), { ...image, claim: other });
    });
  });

  describe('the use of an Idempotency-Key', () => {
    it('is renewed while the request runs', async (t) => {
      await using work = await createKeyed(create, t);
      const first = work.begin();
      await first.hasBegun;
      work.sleep(10 * SECOND);
      await work.renewed();
      work.sleep(KEY_MS - SECOND);
      await assert.rejects(work.askInVain(), { code: 'idempotency-in-progress' });
      first.finish();
      await first.outcome;
    });

    it('that lapsed while its request was frozen is never renewed: the next request takes over', async (t) => {
      await using work = await createKeyed(create, t);
      const first = work.begin();
      await first.hasBegun;
      for (let thaws = 0; thaws < 5; thaws += 1) work.sleep(KEY_MS);
      const second = work.begin();
      second.finish();
      assert.deepEqual(await second.outcome, { done: first.imageId });
      first.finish();
      await first.outcome;
      assert.deepEqual(await work.begin().outcome, { doneBefore: first.imageId });
    });

    it('of a process that died with a clock one day ahead is taken over immediately', async (t) => {
      await using work = await createKeyed(create, t);
      work.clock.offsetMs += DAY_MS;
      const dead = work.begin();
      await dead.hasBegun;
      work.clock.offsetMs -= DAY_MS;
      const next = work.begin();
      next.finish();
      assert.deepEqual(await next.outcome, { done: dead.imageId });
    });

    it('stays with its holder if the clocks of both differ by less than a lease', async (t) => {
      await using work = await createKeyed(create, t);
      work.clock.offsetMs += KEY_MS - SECOND;
      const first = work.begin();
      await first.hasBegun;
      work.clock.offsetMs -= KEY_MS - SECOND;
      await assert.rejects(work.askInVain(), { code: 'idempotency-in-progress' });
      first.finish();
      await first.outcome;
    });
  });
}

describe('a sweeper that was frozen past its lease', () => {
  it('ends its round, and leaves the rest to another', async () => {
    const clock = movingClock();
    await using service = await createTestService({ overrides: { clock } });
    const { services } = service;
    const uploads = Array.from({ length: 100 }, () => ({ content_type: 'image/jpeg' }));
    await service.request('/images/uploads', json({ user_id: 'u', uploads }));
    clock.offsetMs += 3_600 * SECOND;
    const expired = async () =>
      (await services.images.find({ status: 'expired', userId: 'u', order: 'newest', limit: 100 })).images.length;
    const round = { signal: new AbortController().signal };

    let isFrozen = true;
    const head: typeof services.objects.head = (key) => {
      if (isFrozen) clock.offsetMs += 600 * SECOND;
      isFrozen = false;
      return services.objects.head(key);
    };
    await sweep({ ...services, objects: { ...services.objects, head } }, { ...round, holder: 'frozen' });
    const done = await expired();
    assert.ok(done > 0 && done < uploads.length, `${done} of ${uploads.length}`);
    await sweep(services, { ...round, holder: 'another' });
    assert.equal(await expired(), uploads.length);
  });
});

/** A harness with a test clock; timers of renewals fire as it moves, as after a freeze. */
async function createTimed(create: () => Promise<ImageRepositoryHarness>, { mock }: TestContext) {
  mock.timers.enable({ apis: ['setInterval'] });
  const harness = await create();
  const clock = movingClock();
  return {
    harness,
    clock,
    sleep(milliseconds: number) {
      clock.offsetMs += milliseconds;
      mock.timers.tick(milliseconds);
    },
  };
}

async function createClaimed(create: () => Promise<ImageRepositoryHarness>, t: TestContext) {
  const { harness, clock, sleep } = await createTimed(create, t);
  const { images } = harness;
  const claimed = { ...samplePending(), claim: newClaim({ clock, newId: newImageId }) };
  assert.ok(await images.create(claimed));
  const claim: HeldClaim = holdClaim({ images, clock }, claimed);
  return {
    images,
    clock,
    claim,
    sleep,
    /** Resolves when the started ones have ended. */
    renewal: () => claim[Symbol.asyncDispose](),
    async isLiveIn(milliseconds: number) {
      const image = await images.get(claimed.id);
      return image?.status === 'pending' && hasLiveClaim(image, new Date(clock.now().getTime() + milliseconds));
    },
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}

async function createKeyed(create: () => Promise<ImageRepositoryHarness>, t: TestContext) {
  const { harness, clock, sleep } = await createTimed(create, t);
  const renewal = Promise.withResolvers<boolean>();
  const images: ImageRepository = {
    ...harness.images,
    replaceKeyUse(from, to) {
      const replaced = harness.images.replaceKeyUse(from, to);
      if (to?.leaseUntil) renewal.resolve(replaced);
      return replaced;
    },
  };
  const keyWaits = createPlaces({ places: 64, holds: 'a repeat' });
  const services = { images, clock, keyWaits };
  const requestOf = () => ({
    userId: 'u',
    key: 'key',
    keyspace: undefined,
    fingerprint: 'ab',
    imageId: newImageId(),
    payer: UNKNOWN_PAYER,
  });
  return {
    clock,
    sleep,
    async renewed() {
      assert.equal(await renewal.promise, true);
    },
    /** A request whose work lasts until the test ends it. */
    begin() {
      const request = requestOf();
      const [begun, finished] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const outcome = onceForKey(services, request, async (id) => {
        begun.resolve();
        await finished.promise;
        return id;
      });
      return { imageId: request.imageId, hasBegun: begun.promise, finish: finished.resolve, outcome };
    },
    /** A request that waits for the first one, up to the limit. */
    async askInVain() {
      const impatient = { now: clock.now, elapsedMs: elapsingTenSecondsAtOnce() };
      return onceForKey({ images, clock: impatient, keyWaits }, requestOf(), async (id) => id);
    },
    [Symbol.asyncDispose]: () => harness[Symbol.asyncDispose](),
  };
}

/** The interval between two looks is eleven seconds. */
function elapsingTenSecondsAtOnce(): () => number {
  let elapsedMs = 0;
  return () => {
    elapsedMs += 11 * SECOND;
    return elapsedMs;
  };
}
