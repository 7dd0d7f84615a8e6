import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { checkRestored } from '../../src/admin/backups/check-restored.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { STORED_PREFIXES } from '../../src/domain/image/object-key.ts';
import { settleReplacement } from '../../src/operations/uploads/replace-picture.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { createGatedService, type GatedService, PICTURE, usageOf } from '../gates/gated-service.ts';
import { always, createTestGate, LATER, PASS, type TestGate } from '../gates/test-gate.ts';
import { addHeld, addPicture, complete, OTHER, original, passed, THIRD } from '../replacements/replacing-requests.ts';
import { NO_CLOUD } from '../services/cloud.ts';
import { createDyingCalls } from '../services/dying-calls.ts';
import { sha256Of } from '../services/record-check.ts';
import { backUp, createTarget, restoreFrom, type TestTarget } from './backups.ts';
import { PLACES } from './place.ts';

const DAY_MINUTES = 24 * 60;

const KINDS = (['SQLite and disk', 'DynamoDB and S3'] as const).filter(
  (kind) => kind === 'SQLite and disk' || !NO_CLOUD,
);

/** As the backup of a running service has them. */
const archiveOf = ({ services: { operator, ...services } }: GatedService) =>
  ({ ...services, ...operator }) as unknown as SoleArchiveServices;

/** A service with a picture, and an upload that its gate holds and that is to replace the picture. */
async function createSource(gate: TestGate) {
  const service = await createGatedService([gate]);
  gate.answer = always(PASS);
  const picture = await addPicture(service);
  gate.answer = always(LATER);
  return { service, picture, held: await addHeld(service, picture) };
}

/** A service on another store, to which the backup was restored whole. */
async function restored(target: TestTarget, kind: (typeof KINDS)[number], gate: TestGate) {
  await using stack = new AsyncDisposableStack();
  const place = stack.use(await PLACES[kind]());
  {
    await using composition = await place.open();
    const { services } = composition;
    const { report, backup, erased } = await restoreFrom(target, services);
    assert.deepEqual([report.damaged, report.kept], [[], []]);
    assert.deepEqual((await checkRestored(services, { backup, erased })).faults, []);
  }
  const service = stack.use(await createGatedService([gate], { environment: { ...place.environment } }));
  const held = stack.move();
  return { ...service, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The hash of the picture's bytes is that of its record. */
async function requireWhole(service: GatedService, id: ImageId, allowed: readonly Uint8Array[]): Promise<void> {
  const bytes = await original(service, id);
  assert.ok(allowed.some((one) => Buffer.from(one).equals(bytes)));
  assert.equal((await service.json(`/images/${id}/metadata`))['sha256'], sha256Of(bytes));
}

/** After the day of the former bytes there is the picture alone, with these bytes. */
async function requireEnd(service: GatedService, id: ImageId, bytes: Uint8Array): Promise<void> {
  for (const minutes of [2, 60, 25 * 60, 10 * DAY_MINUTES]) await service.sweep(minutes);
  await requireWhole(service, id, [bytes]);
  const { images, objects } = service.services;
  const keys: string[] = [];
  for (const prefix of STORED_PREFIXES) for await (const { key } of objects.list(prefix)) keys.push(key);
  const picture = await images.get(id);
  assert.ok(picture?.status === 'ready');
  assert.deepEqual(keys, [picture.objectKey]);
  const rest = { images: 1, bytes: bytes.length, trashedBytes: 0, pending: 0, reservedBytes: 0 };
  assert.deepEqual(await usageOf(service), rest);
}

describe('a backup and a replacement', () => {
  it('after kill -9 in any step of it: the restored picture has former or new bytes, whole, and at last the new ones', async () => {
    for (let steps = 0, isWhole = false; !isWhole; steps += 1) {
      const gate = createTestGate('scan');
      const { service, picture, held } = await createSource(gate);
      await using _ = service;
      await using target = await createTarget();
      const killed = createDyingCalls(steps);
      const { images, objects } = service.services;
      await settleReplacement(
        {
          ...service.services,
          images: killed.dying(images, ['replace']),
          objects: killed.dying(objects, ['copy', 'delete']),
        },
        await passed(service, held),
      );
      isWhole = killed.calls <= steps;
      const { manifest, faults } = await backUp(archiveOf(service), target);
      assert.deepEqual([manifest.counts.leftOut, faults], [0, []]);
      for (const kind of isInRun('long') ? KINDS : (['SQLite and disk'] as const)) {
        await using place = await restored(target, kind, gate);
        await requireWhole(place, picture.id, [PICTURE, OTHER]);
        await requireEnd(place, picture.id, OTHER);
      }
    }
  });

  it('while originals are copied: the restored picture has the bytes of the time of the records', async () => {
    for (const nth of [1, 2]) {
      const gate = createTestGate('scan');
      const { service, picture, held } = await createSource(gate);
      await using _ = service;
      await using target = await createTarget();
      const upload = await passed(service, held);
      const { objects } = service.services;
      let gets = 0;
      const get: typeof objects.get = async (...asked) => {
        gets += 1;
        if (gets === nth) {
          assert.equal((await settleReplacement(service.services, upload)).id, picture.id);
          await service.sweep(10);
        }
        return objects.get(...asked);
      };
      const { faults } = await backUp({ ...archiveOf(service), objects: { ...objects, get } }, target);
      assert.ok(gets >= nth);
      assert.deepEqual(faults, []);
      assert.deepEqual(await original(service, picture.id), OTHER);
      await using place = await restored(target, 'SQLite and disk', gate);
      await requireWhole(place, picture.id, [PICTURE]);
    }
  });

  for (const kind of KINDS)
    it(`restores an upload that a gate holds to ${kind}, where it takes effect, or is refused if the picture has changed`, async () => {
      const gate = createTestGate('scan');
      const { service, picture, held } = await createSource(gate);
      await using _ = service;
      await using target = await createTarget();
      await backUp(archiveOf(service), target);
      for (const isChanged of [false, true]) {
        gate.answer = always(LATER);
        await using place = await restored(target, kind, gate);
        await requireWhole(place, picture.id, [PICTURE]);
        assert.equal((await place.json(`/images/${held.id}/metadata`)).status, 'held');
        gate.answer = always(PASS);
        if (isChanged) {
          const headers = { 'content-type': 'image/webp' };
          const changed = await place.request(`/images/${picture.id}/content`, { method: 'PUT', body: THIRD, headers });
          assert.equal(changed.status, 200, await changed.text());
        }
        for (let asked = 0; asked < 2; asked += 1) await place.sweep(1); // its gate, and then the service itself
        await requireWhole(place, picture.id, [isChanged ? THIRD : OTHER]);
        const told = await complete(place, { image_id: held.id, upload_url: '', headers: {} });
        assert.equal(told.status, isChanged ? 412 : 200, await told.text());
        await requireEnd(place, picture.id, isChanged ? THIRD : OTHER);
      }
    });
});
