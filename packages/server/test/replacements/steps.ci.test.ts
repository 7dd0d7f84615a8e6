import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { sweepOrphans } from '../../src/operations/upkeep/sweep-orphans.ts';
import { settleReplacement } from '../../src/operations/uploads/replace-picture.ts';
import type { SoleArchiveServices } from '../../src/run/compose/archive.ts';
import { createGatedService, type GatedService, PICTURE, usageOf } from '../gates/gated-service.ts';
import { always, createTestGate, LATER, PASS } from '../gates/test-gate.ts';
import { run, subjectsOf } from '../reconcile/planted-faults.ts';
import { createDyingCalls } from '../services/dying-calls.ts';
import { addHeld, addPicture, OTHER, original, passed } from './replacing-requests.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** As an operator's command has them. */
const archiveOf = ({ services: { operator, ...services } }: GatedService) =>
  ({ ...services, ...operator }) as unknown as SoleArchiveServices;

/** A service that is killed after so many steps of a replacement; the picture is three days old then. */
async function killedAfter(steps: number) {
  const gate = createTestGate('scan');
  const service = await createGatedService([gate]);
  gate.answer = always(PASS);
  const picture = await addPicture(service);
  const before = new Date(Date.now() - 3 * DAY_MS);
  for (const file of await service.storedFiles()) await utimes(file, before, before);
  gate.answer = always(LATER);
  const upload = await passed(service, await addHeld(service, picture));
  const killed = createDyingCalls(steps);
  const { images, objects, jobs } = service.services;
  await settleReplacement(
    {
      ...service.services,
      images: killed.dying(images, ['replace']),
      objects: killed.dying(objects, ['copy', 'delete']),
      jobs: killed.dying(jobs, ['send']),
    },
    upload,
  );
  const isWhole = killed.calls <= steps;
  const current = await images.get(picture.id);
  assert.ok(current?.status === 'ready');
  return { service, picture, upload, isWhole, isReplaced: current.objectKey !== picture.objectKey };
}

type Killed = Awaited<ReturnType<typeof killedAfter>>;

async function forEachStep(test: (killed: Killed) => Promise<void>): Promise<void> {
  const applied = new Set<boolean>();
  for (let steps = 0, isWhole = false; !isWhole; steps += 1) {
    const killed = await killedAfter(steps);
    await using _ = killed.service;
    isWhole = killed.isWhole;
    applied.add(killed.isReplaced);
    await test(killed).catch((cause: unknown) => {
      throw new Error(`after ${steps} steps`, { cause });
    });
  }
  assert.equal(applied.size, 2, 'expected kills before and after the picture was replaced');
}

/** The service goes on, and at the end has the new bytes alone. */
async function requireEnd({ service, picture }: Killed): Promise<void> {
  await service.sweep(2);
  assert.deepEqual(await original(service, picture.id), OTHER);
  for (const hours of [1, 25, 240]) await service.sweep(hours * 60);
  const current = await service.services.images.get(picture.id);
  assert.ok(current?.status === 'ready');
  const files = await service.storedFiles();
  assert.ok(files.length === 1 && files[0]?.endsWith(current.objectKey), files.join());
  assert.deepEqual(await original(service, picture.id), OTHER);
  const rest = { images: 1, bytes: OTHER.length, trashedBytes: 0, pending: 0, reservedBytes: 0 };
  assert.deepEqual(await usageOf(service), rest);
  assert.deepEqual(subjectsOf(await run(archiveOf(service), { now: service.clock.now() })), []);
}

describe('kill -9 in each step of a replacement', () => {
  it('leaves nothing that reconcile or the walk through all objects takes for wrong', () =>
    forEachStep(async (killed) => {
      const { service, picture, isReplaced } = killed;
      const before = await service.storedFiles();
      const mended = await run(archiveOf(service), { mode: 'mend', now: service.clock.now() });
      assert.deepEqual(subjectsOf(mended), []);
      await sweepOrphans(service.services, { holder: 'walker', signal: new AbortController().signal });
      assert.deepEqual(await service.storedFiles(), before);
      assert.ok(await service.services.objects.head(picture.objectKey), 'the former bytes, for a backup that runs');
      assert.deepEqual(await original(service, picture.id), isReplaced ? OTHER : PICTURE);
      await requireEnd(killed);
    }));

  it('leaves what reconcile removes after a day in which no service ran, but bytes that wait for their place', () =>
    forEachStep(async (killed) => {
      const { service, picture, upload, isReplaced } = killed;
      service.clock.offsetMs += 25 * HOUR_MS;
      const now = service.clock.now();
      const found = subjectsOf(await run(archiveOf(service), { mode: 'mend', now }));
      const ofEnded = `original-of-ended ${upload.id}`;
      const expected = isReplaced ? [`original-superseded ${picture.id}`] : [];
      assert.deepEqual(
        found.filter((one) => one !== ofEnded),
        expected,
      );
      const isEnded = (await service.services.images.get(upload.id))?.status === 'deleted';
      assert.ok(isEnded || !found.includes(ofEnded));
      assert.deepEqual(subjectsOf(await run(archiveOf(service), { now })), []);
      assert.deepEqual(await original(service, picture.id), isReplaced ? OTHER : PICTURE);
      await requireEnd(killed);
    }));
});
