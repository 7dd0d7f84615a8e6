import assert from 'node:assert/strict';
import { mkdtempDisposable, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { childrenOf, signalProcess } from '../../packages/server/src/imaging/processes/process-list.fixture.ts';
import { testImage } from '../../packages/server/test/pictures/test-images.ts';
import { kernelWithout } from '../../packages/server/test/services/kernel-without.ts';
import { type RunningService, startService } from '../../packages/server/test/services/running-service.ts';
import { json, post } from '../../packages/server/test/services/service.ts';
import { freePort } from '../../test-servers/free-port.ts';
import { skipWithout } from '../../test-servers/installed.ts';
import { type Pace, rulesAt } from './alerts.ts';
import { rowsOf } from './panels.ts';
import { type Prometheus, startPrometheus } from './prometheus.fixture.ts';
import { queries } from './queries.ts';

/** Windows and `for`, divided by 60. */
const IN_SECONDS: Pace = (minutes) => `${minutes}s`;
/** Prometheus evaluates rules for some seconds before it knows its targets. */
const STARTED = 'absent(ALERTS{alertname="SafelightAbsent"})';
/** The sweeper measures once a minute, however fast the rules are: this alert fires before the first time. */
const NOT_SWEPT = 'SafelightNotSwept';
const firedIn = (seconds: number): string =>
  `group by (alertname) (last_over_time(ALERTS{alertstate="firing"}[${seconds}s]))`;
/** Longer than the longest window and `for` together. */
const LONGEST_MS = 35_000;
/** The sweeper measures once a minute. */
const SWEPT_AGAIN_MS = 80_000;

interface Scene {
  readonly service: RunningService;
  readonly prometheus: Prometheus;
  readonly metricsPort: number;
  /** The folder of its data. */
  readonly data: string;
  /** The alerts that have fired so far. */
  fired(): Promise<readonly string[]>;
}

interface Staging {
  readonly environment?: Record<string, string>;
  readonly under?: readonly string[];
  readonly scrapeMs?: number;
  /** Before the service starts, on data of an earlier start. */
  readonly prepare?: (data: string) => void;
}

/** A service that Prometheus reads, with something to do. */
async function staged(
  { environment = {}, under = [], scrapeMs = 1_000, prepare }: Staging,
  act: (scene: Scene) => Promise<void>,
): Promise<void> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-live-'));
  const data = join(folder.path, 'data');
  if (prepare) {
    {
      await using earlier = await startService({ USAGE: 'on' }, folder.path);
      await upload(earlier, 1);
      for (let count = 0; count < 2; count++) await grant(earlier);
    }
    prepare(data);
  }
  const metricsPort = await freePort();
  const own = { METRICS_PORT: String(metricsPort), LOG_LEVEL: 'error', USAGE: 'on', ...environment };
  await using service = await startService(own, folder.path, under);
  await using prometheus = await startPrometheus({ metricsPort, scrapeMs, rules: rulesAt(IN_SECONDS) });
  while ((await prometheus.query(STARTED)).length === 0) await delay(100);
  const startMs = performance.now();
  const secondsSince = () => Math.max(1, Math.floor((performance.now() - startMs) / 1_000));
  const fired = async () =>
    (await prometheus.query(firedIn(secondsSince()))).map(({ labels }) => labels['alertname'] ?? '').toSorted();
  await act({ service, prometheus, metricsPort, data, fired });
}

/** Waits until these have fired; no other may, but for consequences of the fault. */
async function untilFired(
  { fired }: Pick<Scene, 'fired'>,
  expected: readonly string[],
  consequences: readonly string[] = [],
): Promise<void> {
  const endMs = performance.now() + LONGEST_MS + SWEPT_AGAIN_MS;
  for (;;) {
    const names = await fired();
    if (expected.every((name) => names.includes(name)) || performance.now() > endMs) {
      assert.deepEqual(
        names.filter((name) => ![...consequences, NOT_SWEPT].includes(name)),
        expected.toSorted(),
      );
      return;
    }
    await delay(250);
  }
}

const picture = async (seed: number, width = 320) =>
  new Uint8Array(await testImage({ type: 'image/jpeg', width, height: 240, seed }));

async function upload(
  { origin }: Pick<RunningService, 'origin'>,
  seed: number,
): Promise<{ status: number; id: string }> {
  const answer = await fetch(`${origin}/images/upload?user_id=u`, post(await picture(seed), 'image/jpeg'));
  const { image_id: id = '' } = (await answer.json()) as { image_id?: string };
  return { status: answer.status, id };
}

const grant = ({ origin }: Pick<RunningService, 'origin'>) =>
  fetch(`${origin}/uploads`, json({ user_id: 'u', content_type: 'image/jpeg' })).then((answer) => answer.json());

/** A grant, its bytes, and the check of them. */
async function presigned(service: Pick<RunningService, 'origin'>, body: Uint8Array<ArrayBuffer>): Promise<void> {
  const { upload_url, image_id } = (await grant(service)) as { upload_url: string; image_id: string };
  await fetch(upload_url, { method: 'PUT', headers: { 'Content-Type': 'image/jpeg' }, body });
  await (await fetch(`${service.origin}/images/${image_id}/complete?user_id=u`, { method: 'POST' })).bytes();
}

const edit = (data: string, statement: string): void => {
  using database = new DatabaseSync(join(data, 'safelight.db'));
  database.exec(statement);
};

/** Repeats `step` until `isDone`. Its own errors are part of the fault. */
async function repeating(step: (round: number) => Promise<unknown>, during: () => Promise<void>): Promise<void> {
  let isOver = false;
  const loop = (async () => {
    for (let round = 0; !isOver; round++) await step(round).catch(() => delay(50));
  })();
  try {
    await during();
  } finally {
    isOver = true;
    await loop;
  }
}

describe('the alerts on a real service', { skip: skipWithout('prometheus') }, () => {
  it('are silent while all is well, and each query of the dashboard has a series', async () => {
    await staged({ environment: { EAGER_PRESETS: 'small' } }, async ({ service, prometheus, fired }) => {
      const { origin } = service;
      await repeating(
        async (round) => {
          const { id } = await upload(service, round);
          await presigned(service, await picture(1_000 + round));
          await presigned(service, (await picture(2_000 + round)).subarray(0, 2_000));
          for (let again = 0; again < 2; again++)
            await (await fetch(`${origin}/images/${id}/renditions/thumb`)).bytes();
          await fetch(`${origin}/images?user_id=u&limit=0`);
          await fetch(`${origin}/images/${id}/trash?user_id=u`, { method: 'POST' });
        },
        async () => {
          await delay(SWEPT_AGAIN_MS);
          const lines = rowsOf(queries({ window: '2m' })).flatMap(({ panels }) => panels.flatMap((one) => one.lines));
          const missing: string[] = [];
          for (const { query, isFault, needs } of lines) {
            if (isFault || needs === 'gates') continue;
            const samples = await prometheus.query(`max_over_time((${query})[2m:1s]) != 0`);
            if (samples.length === 0) missing.push(query);
          }
          assert.deepEqual(missing, []);
        },
      );
      await untilFired({ fired }, []);
    });
  });

  it('tell that the process is gone', async () => {
    await staged({}, async (scene) => {
      scene.service.process.kill('SIGKILL');
      await untilFired(scene, ['SafelightDown', 'SafelightAbsent']);
    });
  });

  it('tell that the disk is nearly full, and that users get errors', async () => {
    await staged({ environment: { MIN_FREE_BYTES: String(2 ** 50) } }, (scene) =>
      repeating(
        (round) => upload(scene.service, round).then(() => delay(50)),
        () => untilFired(scene, ['SafelightDiskLow', 'SafelightErrors'], ['SafelightPartFailing']),
      ),
    );
  });

  it('tell that the disk of the records is slow', async () => {
    // Prometheus waits for each answer, so that the process is never down.
    await staged({ scrapeMs: 2_000 }, (scene) =>
      repeating(
        async () => {
          using database = new DatabaseSync(join(scene.data, 'safelight.db'));
          database.exec('BEGIN IMMEDIATE');
          const granted = grant(scene.service);
          await delay(1_400);
          database.exec('COMMIT');
          await granted;
        },
        () => untilFired(scene, ['SafelightSlowGrants'], ['SafelightEventLoopSlow']),
      ),
    );
  });

  it('tell that the process does not get the CPU', async () => {
    await staged({ scrapeMs: 2_000 }, (scene) =>
      repeating(
        async () => {
          scene.service.process.kill('SIGSTOP');
          await delay(1_200);
          scene.service.process.kill('SIGCONT');
          await delay(200);
        },
        () => untilFired(scene, ['SafelightEventLoopSlow']),
      ),
    );
  });

  it('tell that decoders are not confined', async () => {
    await staged({ under: kernelWithout('landlock', 'namespaces') }, (scene) =>
      untilFired(scene, ['SafelightUnconfined']),
    );
  });

  it('tell that decoders die, and that their uploads stay pending', async () => {
    await staged({}, (scene) =>
      repeating(
        async (round) => {
          const bytes = await picture(round, 3_000);
          const killing = setInterval(() => void killDecoders(scene.service), 20);
          await presigned(scene.service, bytes).finally(() => clearInterval(killing));
        },
        () => untilFired(scene, ['SafelightDecoderDeaths', 'SafelightUploadsPending'], ['SafelightErrors']),
      ),
    );
  });

  it('tell that work and dead letters wait', async () => {
    const longAgo = Date.now() - 7_200_000;
    const prepare = (data: string): void => {
      edit(data, `UPDATE images SET due_at = ${longAgo}, look_at = ${longAgo} WHERE status = 'pending'`);
      edit(data, 'UPDATE images SET strikes = 1 WHERE n = (SELECT max(n) FROM images)'); // its process crashed
      edit(data, `INSERT INTO dead_letters VALUES (${Date.now()}, 1000, '{}', 'planted')`);
    };
    await staged({ prepare }, (scene) =>
      untilFired(scene, ['SafelightWorkLate', 'SafelightRecoveryLate', 'SafelightDeadLetters']),
    );
  });

  it('tell that a record is broken', async () => {
    await staged({}, async (scene) => {
      await upload(scene.service, 1);
      edit(scene.data, "UPDATE images SET metadata = 'broken'");
      await (await fetch(`${scene.service.origin}/images?user_id=u`)).bytes();
      await untilFired(scene, ['SafelightDataFault']);
    });
  });

  it('tell that calls to a part fail', async () => {
    await staged({}, async (scene) => {
      const objects = join(scene.data, 'objects');
      await rename(objects, `${objects}-away`);
      await writeFile(objects, '');
      await repeating(
        (round) => upload(scene.service, round).then(() => delay(50)),
        () => untilFired(scene, ['SafelightPartFailing', 'SafelightErrors']),
      );
      await rm(objects);
      await rename(`${objects}-away`, objects);
    });
  });
});

async function killDecoders({ process: { pid } }: RunningService): Promise<void> {
  if (pid === undefined) return;
  for (const id of await childrenOf(pid)) {
    try {
      signalProcess(id, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}
