import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { payerAt, UNKNOWN_PAYER } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import { expire } from '../../domain/image/image.ts';
import type { ImageId } from '../../domain/image/image-id.ts';
import { createEmbeddedServices, createGate, type EmbeddedServices } from '../embedded-services.fixture.ts';
import { finishedUse, type KeyedWork, onceForKey } from './idempotency.ts';

const LEASE_MS = 30_000;
const WAIT_MS = 10_000;
const DAY_MS = 86_400_000;

const requestOf = ({ services }: EmbeddedServices, fields: Partial<KeyedWork> = {}): KeyedWork => ({
  userId: 'ada',
  key: 'one',
  keyspace: undefined,
  fingerprint: 'ab'.repeat(32),
  imageId: services.newId() as ImageId,
  payer: UNKNOWN_PAYER,
  ...fields,
});

/** The image id of the work, and whether this request did it. */
async function outcomeOf(asked: ReturnType<typeof onceForKey<ImageId>>): Promise<{ id: ImageId; isOwn: boolean }> {
  const outcome = await asked;
  return 'done' in outcome ? { id: outcome.done, isOwn: true } : { id: outcome.doneBefore, isOwn: false };
}

const tellId = async (id: ImageId): Promise<ImageId> => id;

describe('the work of one Idempotency-Key', () => {
  it('is done once for twenty concurrent requests, which get the same image', async () => {
    await using embedded = await createEmbeddedServices();
    let works = 0;
    const work = async (id: ImageId) => {
      works += 1;
      return id;
    };
    const asked = Array.from({ length: 20 }, () => outcomeOf(onceForKey(embedded.services, requestOf(embedded), work)));
    const outcomes = await Promise.all(asked);
    assert.equal(works, 1);
    assert.equal(outcomes.filter(({ isOwn }) => isOwn).length, 1);
    assert.equal(new Set(outcomes.map(({ id }) => id)).size, 1);
  });

  it('is refused to a different request with the key, and done for another user', async () => {
    await using embedded = await createEmbeddedServices();
    const first = await outcomeOf(onceForKey(embedded.services, requestOf(embedded), tellId));
    const other = requestOf(embedded, { fingerprint: 'cd'.repeat(32) });
    await assert.rejects(onceForKey(embedded.services, other, tellId), { code: 'idempotency-conflict' });
    const bob = await outcomeOf(onceForKey(embedded.services, requestOf(embedded, { userId: 'bob' }), tellId));
    assert.deepEqual([bob.isOwn, bob.id === first.id], [true, false]);
  });

  it('is done again a day later', async () => {
    await using embedded = await createEmbeddedServices();
    const first = await outcomeOf(onceForKey(embedded.services, requestOf(embedded), tellId));
    embedded.clock.offsetMs = DAY_MS - 1_000;
    assert.deepEqual(await outcomeOf(onceForKey(embedded.services, requestOf(embedded), tellId)), {
      id: first.id,
      isOwn: false,
    });
    embedded.clock.offsetMs = DAY_MS + 1_000;
    assert.ok((await outcomeOf(onceForKey(embedded.services, requestOf(embedded), tellId))).isOwn);
  });

  it('leaves the key free for any request if the caller caused its failure', async () => {
    await using embedded = await createEmbeddedServices();
    const refusal = new AppError('unsupported-type', 'expected an image; got a text');
    const refused = onceForKey(embedded.services, requestOf(embedded), () => Promise.reject(refusal));
    await assert.rejects(refused, refusal);
    const other = requestOf(embedded, { fingerprint: 'cd'.repeat(32) });
    assert.deepEqual(await outcomeOf(onceForKey(embedded.services, other, tellId)), { id: other.imageId, isOwn: true });
  });

  it('is repeated at once under the same id if the service caused its failure', async () => {
    await using embedded = await createEmbeddedServices();
    const first = requestOf(embedded);
    const fault = new AppError('unavailable', 'the disk is gone');
    await assert.rejects(
      onceForKey(embedded.services, first, () => Promise.reject(fault)),
      fault,
    );
    const before = performance.now();
    const again = await outcomeOf(onceForKey(embedded.services, requestOf(embedded), tellId));
    assert.deepEqual(again, { id: first.imageId, isOwn: true });
    assert.ok(performance.now() - before < WAIT_MS, 'expected no wait');
  });

  it('of a dead request is taken over after its lease under the same id, and the successor keeps it', async () => {
    await using embedded = await createEmbeddedServices();
    const first = requestOf(embedded);
    using gate = createGate();
    const dead = onceForKey(embedded.services, first, async (id) => {
      await gate.wait();
      return id;
    });
    await gate.reached;
    embedded.clock.offsetMs = LEASE_MS + 1_000;
    using second = createGate();
    const taking = onceForKey(embedded.services, requestOf(embedded), async (id) => {
      await second.wait();
      return id;
    });
    await second.reached;
    gate.open();
    await dead;
    const now = embedded.clock.now();
    const standing = await embedded.services.images.useKey(finishedUse(requestOf(embedded), now), now);
    assert.ok(standing?.leaseUntil, 'expected the successor to hold the key');
    const waiting = outcomeOf(onceForKey(embedded.services, requestOf(embedded), tellId));
    second.open();
    assert.deepEqual(await outcomeOf(taking), { id: first.imageId, isOwn: true });
    assert.deepEqual(await waiting, { id: first.imageId, isOwn: false });
  });

  it('of a request that was frozen past its lease is left to the next one', async (t) => {
    await using embedded = await createEmbeddedServices();
    t.mock.timers.enable({ apis: ['setInterval'] });
    using gate = createGate();
    const first = requestOf(embedded);
    const frozen = onceForKey(embedded.services, first, gate.wait);
    await gate.reached;
    embedded.clock.offsetMs = LEASE_MS;
    t.mock.timers.tick(LEASE_MS);
    assert.deepEqual(await outcomeOf(onceForKey(embedded.services, requestOf(embedded), tellId)), {
      id: first.imageId,
      isOwn: true,
    });
    gate.open();
    await frozen;
  });

  it('of a dead request gets another id if its upload has expired', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    const image = await embedded.grant();
    using gate = createGate();
    const dead = onceForKey(services, requestOf(embedded, { imageId: image.id }), gate.wait);
    await gate.reached;
    clock.offsetMs = LEASE_MS + 1_000;
    assert.ok(await services.images.replace(image, expire(image, clock.now())));
    const next = requestOf(embedded);
    assert.deepEqual(await outcomeOf(onceForKey(services, next, tellId)), { id: next.imageId, isOwn: true });
    gate.open();
    await dead;
  });

  it('makes other requests wait for ten seconds, and then answers that it is in progress', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, clock } = embedded;
    using gate = createGate();
    const working = onceForKey(services, requestOf(embedded), gate.wait);
    await gate.reached;
    let waitedMs = 0;
    const begunMs = clock.elapsedMs();
    clock.elapsedMs = () => begunMs + waitedMs;
    const refusal = onceForKey(services, requestOf(embedded), tellId).then(
      () => assert.fail('it was done'),
      (error: AppError) => error,
    );
    let refused: AppError | undefined;
    while (!refused && waitedMs < 3 * WAIT_MS) {
      waitedMs += 1_000;
      refused = await Promise.race([refusal, delay(150, undefined)]);
    }
    assert.deepEqual([refused?.code, refused?.retryAfterSeconds], ['idempotency-in-progress', 10]);
    assert.ok(waitedMs > WAIT_MS, `${waitedMs} ms`);
    gate.open();
    assert.ok('done' in (await working));
  });

  it('keeps another caller waiting while one repeats a request a hundred times', async () => {
    await using embedded = await createEmbeddedServices();
    const { services } = embedded;
    services.clock.elapsedMs = () => 0;
    using gate = createGate();
    const [flood, other] = [payerAt('192.0.2.1', ''), payerAt('192.0.2.2', '')];
    const working = onceForKey(services, requestOf(embedded, { payer: flood }), gate.wait);
    await gate.reached;
    const repeat = (payer: typeof flood) =>
      outcomeOf(onceForKey(services, requestOf(embedded, { payer }), tellId)).then(
        () => 'answered',
        ({ code }: AppError) => code,
      );
    const repeats = Array.from({ length: 100 }, () => repeat(flood));
    const first = await Promise.race(repeats);
    assert.equal(first, 'idempotency-in-progress', 'expected the newest of the flood to be refused');
    const single = repeat(other);
    await Promise.all(repeats.slice(63)); // those without a place, and the one whose place the other caller got
    gate.open();
    await working;
    assert.equal(await single, 'answered');
    const answered = (await Promise.all(repeats)).filter((outcome) => outcome === 'answered');
    assert.equal(answered.length, 63);
  });
});
