import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { payerAt } from '../../domain/access/payer.ts';
import { AppError } from '../../domain/errors.ts';
import type { PendingImage } from '../../domain/image/image.ts';
import { originalKey } from '../../domain/image/object-key.ts';
import { ADA, createEmbeddedServices, type EmbeddedServices, jpeg } from '../embedded-services.fixture.ts';
import { updateImage } from '../images/update-image.ts';
import { type HeldClaim, hasLiveClaim, released, takeClaim } from './claim.ts';

const LEASE_MS = 60_000;

const bytes = await jpeg();

async function pendingRecord({ record }: EmbeddedServices, image: PendingImage): Promise<PendingImage> {
  const current = await record(image);
  assert.ok(current.status === 'pending');
  return current;
}

async function take({ services }: Pick<EmbeddedServices, 'services'>, image: PendingImage): Promise<HeldClaim> {
  const claim = await takeClaim(services, image);
  assert.ok(claim);
  return claim;
}

describe('a claim', () => {
  it('is taken by one of many concurrent finalizers', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    const taken = await Promise.all(Array.from({ length: 20 }, () => takeClaim(embedded.services, image)));
    const [claim, ...others] = taken.filter((one) => one !== undefined);
    assert.deepEqual(others, []);
    const { claim: written } = await pendingRecord(embedded, image);
    assert.equal(written?.attempt, claim?.attempt);
    await claim?.[Symbol.asyncDispose]();
  });

  it('is live for a minute, and free at once after its release', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    await using claim = await take(embedded, image);
    const now = embedded.clock.now().getTime();
    const isLiveIn = async (milliseconds: number) =>
      hasLiveClaim(await pendingRecord(embedded, image), new Date(now + milliseconds));
    assert.deepEqual(
      [await isLiveIn(0), await isLiveIn(LEASE_MS - 5_000), await isLiveIn(LEASE_MS)],
      [true, true, false],
    );
    await claim.settle(released);
    assert.equal(await isLiveIn(0), false);
  });

  it('that ends hours from now is not live, since a wrong clock took it', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    const leaseUntil = new Date(embedded.clock.now().getTime() + 3_600_000);
    assert.equal(hasLiveClaim({ ...image, claim: { attempt: 'ahead', leaseUntil } }, embedded.clock.now()), false);
  });

  it('that was frozen past its lease is not renewed, and blocks nobody', async (t) => {
    await using embedded = await createEmbeddedServices();
    t.mock.timers.enable({ apis: ['setInterval'] });
    const image = await embedded.grant();
    await using frozen = await take(embedded, image);
    embedded.clock.offsetMs += LEASE_MS;
    t.mock.timers.tick(LEASE_MS);
    await frozen[Symbol.asyncDispose](); // waits for a renewal
    assert.equal(hasLiveClaim(await pendingRecord(embedded, image), embedded.clock.now()), false);
  });

  it('settles on a record that a PATCH has changed in the meantime', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    await using claim = await take(embedded, image);
    const changes = { description: 'meanwhile' };
    await updateImage(embedded.services, ADA, {
      id: image.id,
      changes,
      expectedRevisions: undefined,
      payer: payerAt('', ''),
    });
    assert.ok(await claim.settle(released));
    const settled = await pendingRecord(embedded, image);
    assert.deepEqual([settled.description, settled.revision, settled.claim], ['meanwhile', 2, null]);
  });

  it('settles nothing after another finalizer has taken over', async () => {
    await using embedded = await createEmbeddedServices();
    const image = await embedded.grant();
    await using lapsed = await take(embedded, image);
    embedded.clock.offsetMs += LEASE_MS;
    await using successor = await take(embedded, await pendingRecord(embedded, image));
    assert.equal(await lapsed.settle(released), undefined);
    assert.equal((await pendingRecord(embedded, image)).claim?.attempt, successor.attempt);
    assert.deepEqual([lapsed.isSuccessor, successor.isSuccessor], [false, true]);
  });

  it('removes the leftovers of the previous attempt, and nothing that is stored after the claim', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, put, keys } = embedded;
    const image = await embedded.grant();
    await using dead = await take(embedded, image);
    await put(originalKey(image, 'left'), bytes);
    await dead[Symbol.asyncDispose]();
    const claimed = await pendingRecord(embedded, image);
    const { replace } = services.images;
    services.images.replace = async (...edge) => {
      await put(originalKey(image, 'of-a-successor'), bytes);
      return replace(...edge);
    };
    await using _claim = await take(embedded, claimed);
    assert.deepEqual(await keys(), [originalKey(image, 'of-a-successor')]);
  });

  it('is free at once if it could not remove leftovers, which its successor removes', async () => {
    await using embedded = await createEmbeddedServices();
    const { services, put, keys, clock } = embedded;
    const image = await embedded.grant();
    await using dead = await take(embedded, image);
    await put(originalKey(image, 'left'), bytes);
    await dead[Symbol.asyncDispose]();
    const failure = new AppError('unavailable', 'the store is gone');
    const failing = { ...services, objects: { ...services.objects, delete: () => Promise.reject(failure) } };
    await assert.rejects(takeClaim(failing, await pendingRecord(embedded, image)), failure);

    const left = await pendingRecord(embedded, image);
    assert.equal(hasLiveClaim(left, clock.now()), false);
    await using _claim = await take(embedded, left);
    assert.deepEqual(await keys(), []);
  });
});
