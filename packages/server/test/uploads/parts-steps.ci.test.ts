import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sweepOrphans } from '../../src/operations/upkeep/sweep-orphans.ts';
import { finalizeUpload } from '../../src/operations/uploads/finalize-upload.ts';
import { createGatedService, type GatedService, usageOf } from '../gates/gated-service.ts';
import { createDyingCalls } from '../services/dying-calls.ts';
import { begin, complete, filesOf, recordOf, requireBytes, sendParts, threeParts, unfinished } from './in-parts.ts';

const BYTES = await threeParts();

/** A service that is killed after so many calls of its stores while it completes an upload in parts. */
async function killedAfter(steps: number) {
  const service = await createGatedService([]);
  const { image_id: id, ...grant } = await begin(service.request, BYTES);
  await sendParts(service, { image_id: id, ...grant }, BYTES);
  const killed = createDyingCalls(steps);
  const { images, objects, multipart } = service.services;
  const dying = {
    ...service.services,
    images: killed.dying(images, ['getToChange', 'get', 'replace']),
    objects: killed.dying(objects, ['head', 'copy', 'delete', 'list']),
    multipart: killed.dying(multipart, ['received', 'complete', 'abort']),
  };
  const answered = await finalizeUpload(dying, id).then(
    ({ status }) => status,
    () => undefined,
  );
  return { service, id, answered, isWhole: killed.calls <= steps };
}

async function requireEnd(service: GatedService, id: Awaited<ReturnType<typeof killedAfter>>['id']): Promise<void> {
  await requireBytes(service.request, id, BYTES);
  for (const minutes of [2, 16, 90, 21 * 60]) await service.sweep(minutes);
  await sweepOrphans(service.services, { holder: 'walker', signal: new AbortController().signal });
  const image = await recordOf(service, id);
  assert.ok(image.status === 'ready');
  assert.deepEqual([await filesOf(service), await unfinished(service)], [[image.objectKey], []]);
  await requireBytes(service.request, id, BYTES);
  const rest = { images: 1, bytes: BYTES.length, trashedBytes: 0, pending: 0, reservedBytes: 0 };
  assert.deepEqual(await usageOf(service), rest);
}

for (const [who, goOn] of [
  ['its client, which asks once more', (service: GatedService, id: string) => complete(service.request, id)],
  ['the sweeper alone', (service: GatedService) => service.sweep(76)],
] as const)
  it(`kill -9 in each step of a completion loses nothing and leaves nothing, with ${who}`, async () => {
    const told = new Set<string | undefined>();
    for (let steps = 0, isWhole = false; !isWhole; steps += 1) {
      const killed = await killedAfter(steps);
      await using service = killed.service;
      isWhole = killed.isWhole;
      told.add(killed.answered);
      try {
        const before = await recordOf(service, killed.id);
        assert.ok(killed.answered === undefined || before.status === killed.answered, 'what was answered stays');
        service.clock.offsetMs += 61_000; // past the lease of the dead
        await goOn(service, killed.id);
        await requireEnd(service, killed.id);
      } catch (cause) {
        throw new Error(`after ${steps} steps`, { cause });
      }
    }
    assert.deepEqual(told, new Set([undefined, 'ready']));
  });
