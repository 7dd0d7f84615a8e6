import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { testImage } from '../../../../test/pictures/test-images.ts';
import {
  type Answering,
  type PictureHost,
  redirectsTo,
  says,
  sends,
  startPictureHost,
} from '../../../../test/servers/picture-host.ts';
import type { Image } from '../../src/domain/image/image.ts';
import { perform } from '../../src/run/jobs.ts';
import { movingClock } from '../services/moving-clock.ts';
import { recordsOf, requireAgreement, sha256Of, sweepAll } from '../services/record-check.ts';
import { startService } from '../services/running-service.ts';
import { createTestService, json, type TestService } from '../services/service.ts';

const PICTURE = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
const BATCH = 100;

/** Ways to fail for good, with the code and the reason of each. */
const FAILURES: readonly (readonly [answer: Answering, code: string, reason?: string])[] = [
  [says(404), 'fetch-failed', 'not-found'],
  [says(403), 'fetch-failed', 'bad-status'],
  [redirectsTo('https://elsewhere.test/'), 'fetch-failed', 'refused-host'],
  [redirectsTo('file:///etc/passwd'), 'fetch-failed', 'refused-url'],
  [sends(PICTURE, { 'Content-Encoding': 'br' }), 'fetch-failed', 'broken'],
  [sends(Buffer.from('<!doctype html>')), 'unsupported-type'],
  [sends(new Uint8Array()), 'empty-upload'],
];

/** The ids of the images, in the order of the paths. */
async function fetchAll(origin: string, host: PictureHost, paths: readonly string[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let at = 0; at < paths.length; at += BATCH) {
    const images = paths.slice(at, at + BATCH).map((path) => ({ url: host.at(path) }));
    const answer = await fetch(`${origin}/images`, json({ user_id: 'ada', images }));
    const { results } = (await answer.json()) as { results: { image: { image_id: string } }[] };
    ids.push(...results.map(({ image }) => image.image_id));
  }
  return ids;
}

const isPending = ({ status }: Image): boolean => status === 'pending';

describe('many uploads by URL', () => {
  it('of which a third fail each end as an image or with a reason, and are asked for once', {
    timeout: 600_000,
  }, async () => {
    await using host = await startPictureHost();
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    const paths = Array.from({ length: 1_000 }, (_, nth) => `/${nth}.jpg`);
    const failureOf = (nth: number) => (nth % 3 === 0 ? FAILURES[(nth / 3) % FAILURES.length] : undefined);
    for (const [nth, path] of paths.entries()) host.answers.set(path, failureOf(nth)?.[0] ?? sends(PICTURE));
    {
      await using service = await startService(host.environment, folder.path);
      const ids = await fetchAll(service.origin, host, paths);
      assert.equal(new Set(ids).size, paths.length);
      const left = async () => {
        const list = await fetch(`${service.origin}/images?user_id=ada&status=pending&limit=1`);
        return ((await list.json()) as { images: unknown[] }).images.length;
      };
      while ((await left()) > 0) await delay(200);
      for (const [nth, id] of ids.entries()) {
        const answer = await fetch(`${service.origin}/images/${id}/metadata`);
        const image = (await answer.json()) as {
          status: string;
          sha256?: string;
          rejection?: { code: string; params?: { reason?: string } };
        };
        const [, code, reason] = failureOf(nth) ?? [];
        if (code === undefined) assert.deepEqual([image.status, image.sha256], ['ready', sha256Of(PICTURE)], `${nth}`);
        else assert.deepEqual([image.rejection?.code, image.rejection?.params?.reason], [code, reason], `${nth}`);
      }
    }
    assert.deepEqual(host.asked.toSorted(), paths.toSorted());
    await using own = await createTestService({ folder: join(folder.path, 'data'), environment: host.environment });
    await requireAgreement(own);
  });

  it('end as images or with a reason, also after kill -9 in the middle of their fetches', {
    timeout: 600_000,
  }, async () => {
    await using host = await startPictureHost();
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-'));
    const paths = Array.from({ length: 60 }, (_, nth) => `/${nth}.jpg`);
    for (const [nth, path] of paths.entries()) {
      const answer = nth % 3 === 0 ? says(404) : sends(PICTURE);
      host.answers.set(path, (response, request) => setTimeout(() => answer(response, request), 150));
    }
    let ids: readonly string[] = [];
    for (const round of [1, 2, 3]) {
      await using service = await startService(host.environment, folder.path);
      const before = host.asked.length;
      if (round === 1) ids = await fetchAll(service.origin, host, paths);
      const until = performance.now() + 20_000; // later rounds begin with claims of the dead, which must lapse first
      while (host.asked.length < before + 10 && performance.now() < until) await delay(10);
      service.process.kill('SIGKILL');
    }
    const clock = movingClock();
    await using own = await createTestService({
      folder: join(folder.path, 'data'),
      environment: host.environment,
      overrides: { clock },
    });
    for (let minutes = 2; (await recordsOf(own)).some(isPending); minutes += 6) {
      assert.ok(minutes < 60, 'expected the end of all fetches within an hour');
      clock.offsetMs = minutes * 60_000;
      await sweepAll(own);
      await doJobs(own);
    }
    const records = await recordsOf(own);
    assert.deepEqual(records.map(({ id }) => id as string).toSorted(), ids.toSorted());
    for (const image of records) {
      const isMissing = ids.indexOf(image.id) % 3 === 0;
      if (isMissing) assert.ok(image.status === 'rejected' && image.rejection.params?.reason === 'not-found');
      else assert.equal(image.status, 'ready');
    }
    await requireAgreement(own);
  });
});

async function doJobs({ services }: TestService): Promise<void> {
  const { signal } = new AbortController();
  for (;;) {
    const deliveries = await services.jobs.receive({ limit: 10, waitSeconds: 0, signal });
    if (deliveries.length === 0) return;
    await Promise.all(
      deliveries.map(async (one) => {
        await perform(services, one.job);
        await one.finish();
      }),
    );
  }
}
