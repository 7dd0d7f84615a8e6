import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { NO_CEPH } from '../../../../test/servers/ceph.ts';
import { NO_CLAMD } from '../../../../test/servers/clamd.ts';
import { type S3ForTests, s3ForTests } from '../../../../test/servers/s3-for-tests.ts';
import type { Image } from '../../src/domain/image/image.ts';
import type { ImageId } from '../../src/domain/image/image-id.ts';
import { sweepOnce } from '../../src/run/worker.ts';
import { type ClosedService, closedBy, createClosedService } from '../services/closed-service.ts';
import { createS3Service } from '../services/s3-service.ts';
import { json } from '../services/service.ts';
import { type DisturbedClamd, GARBAGE, startDisturbedClamd } from './disturbed-clamd.ts';
import { environmentOf, FIT, INFECTED, JPEG } from './infected.ts';
import { startReaders } from './readers.ts';

interface Watched {
  readonly service: ClosedService;
  readonly hasEndpoint: boolean;
  /** The stored objects. */
  keys(): Promise<readonly string[]>;
}

type Create = (environment: Record<string, string>) => Promise<Watched & AsyncDisposable>;

/** Between two sweeps: longer than any pause between two questions here. */
const SWEEP_MS = 10 * 60_000;
/** On a busy machine a scan may take longer than it may. In three hours, far below the deadline. */
const MOST_SWEEPS = 20;

/**
 * The store doesn't change what a daemon does to a scan. For S3, CI runs the cases about when bytes are moved or
 * deleted.
 */
const IN_LONG_TIER = !isInRun('long') && 'on S3, the long tier runs it';

describe('fifty readers of infected images see nothing', { skip: NO_CLAMD }, () => {
  describe('on a disk', () => {
    describeReaders(async (environment) => {
      const service = await createClosedService({ environment });
      return { service, hasEndpoint: true, keys: service.storedFiles, [Symbol.asyncDispose]: disposing(service) };
    });
  });

  describe('on S3, with redirects', { skip: NO_CEPH }, () => {
    let server: S3ForTests;
    before(async () => {
      server = await s3ForTests();
    });
    after(() => server[Symbol.asyncDispose]());
    describeReaders(async (environment) => {
      const settings = { AUTH: 'api-key', RATE_LIMITS: 'off', BYTES: 'redirect', FINALIZE_ON_READ: 'on' };
      const stored = await createS3Service(server.s3, { environment: { ...environment, ...settings } });
      const service = await closedBy(stored, stored.clock);
      return { service, hasEndpoint: false, keys: stored.storedKeys, [Symbol.asyncDispose]: disposing(stored) };
    }, IN_LONG_TIER);
  });
});

const disposing = (service: AsyncDisposable) => () => service[Symbol.asyncDispose]();

function describeReaders(create: Create, skipOfDaemon: string | false = false): void {
  let clamd: DisturbedClamd;
  before(async () => {
    clamd = await startDisturbedClamd({ settings: FIT });
  });
  after(() => clamd[Symbol.asyncDispose]());

  /**
   * Grants for an infected image of each kind and a sound one; readers ask for the infected ones until `act` is over.
   */
  async function watch(rules: Record<string, string>, act: (scene: Scene) => Promise<void>): Promise<void> {
    await using watched = await create({ ...environmentOf(clamd.address), ...rules });
    const { service, hasEndpoint } = watched;
    const key = await service.keyOf({ owner: 'ada' });
    const infected = await Promise.all(
      Object.values(INFECTED).map(async ([type, bytes]) => ({ ...(await grant(service, key, type)), type, bytes })),
    );
    const sound = { ...(await grant(service, key, 'image/jpeg')), type: 'image/jpeg', bytes: JPEG };
    const ids = infected.map(({ id }) => id);
    const statusesOf = (some: readonly string[]) => Promise.all(some.map((id) => statusOf(service, id)));
    const readers = startReaders(service, { key, ids, hasEndpoint });
    const scene: Scene = {
      send: async () => void (await Promise.all([...infected, sound].map((one) => send(service, key, one)))),
      async sweep() {
        service.clock.offsetMs += SWEEP_MS;
        await sweepOnce(service.services, { holder: 'sweeper', signal: new AbortController().signal });
      },
      async sweepUntilDecided() {
        for (let n = 0; n < MOST_SWEEPS && (await statusesOf([...ids, sound.id])).includes('held'); n += 1)
          await scene.sweep();
      },
      async require(expected) {
        const all = [...ids.map(() => expected.infected), expected.sound];
        assert.deepEqual(await statusesOf([...ids, sound.id]), all);
        await readers.askAll();
        assert.deepEqual(await statusesOf([...ids, sound.id]), all);
      },
    };
    try {
      await act(scene);
    } finally {
      clamd.repair();
      await readers.end();
    }
    assert.deepEqual(readers.leaks, []);
    const isThere = (await statusOf(service, sound.id)) === 'ready';
    const kept = (await watched.keys()).filter((path) => !path.includes('incoming/'));
    assert.equal(kept.length, isThere ? 1 : 0, kept.join());
  }

  const HELD = { infected: 'held', sound: 'held' } as const;
  const DECIDED = { infected: 'rejected', sound: 'ready' } as const;

  it('which are refused at once', () =>
    watch({}, async ({ send, sweepUntilDecided, require }) => {
      await send();
      await sweepUntilDecided();
      await require(DECIDED);
    }));

  it('while the daemon is killed, until it is back', { skip: skipOfDaemon }, () =>
    watch({}, async ({ send, sweep, require }) => {
      await clamd.kill();
      await send();
      await require(HELD);
      await sweep();
      await require(HELD);
      await clamd.restart();
      await sweep();
      await require(DECIDED);
    }),
  );

  it('while the daemon is killed in the middle of its scans, until it is back', { skip: skipOfDaemon }, () =>
    watch({}, async ({ send, sweep, require }) => {
      clamd.halt();
      const sending = send();
      await clamd.connected(1);
      await clamd.kill();
      await sending;
      await require(HELD);
      await clamd.restart();
      await sweep();
      await require(DECIDED);
    }),
  );

  it('while the daemon hangs, until it goes on', { skip: skipOfDaemon }, () =>
    watch({ GATE_CLAMD_TIMEOUT_SECONDS: '1' }, async ({ send, sweep, sweepUntilDecided, require }) => {
      clamd.halt();
      await send();
      await require(HELD);
      await sweep();
      await require(HELD);
      clamd.goOn();
      await sweepUntilDecided();
      await require(DECIDED);
    }),
  );

  it('while the daemon answers garbage, until it says something', { skip: skipOfDaemon }, () =>
    watch({}, async ({ send, sweep, require }) => {
      clamd.sayInstead(GARBAGE);
      await send();
      await require(HELD);
      for (let times = 0; times < GARBAGE.length; times += 4) await sweep(); // each sweep scans four images
      await require(HELD);
      clamd.sayInstead(null);
      await sweep();
      await require(DECIDED);
    }),
  );

  it('while the daemon is slower than a request waits', () =>
    watch({ GATE_CLAMD_TIMEOUT_SECONDS: '600' }, async ({ send, sweep, require }) => {
      clamd.keepBack();
      await send();
      await require(HELD);
      const sweeping = sweep();
      await clamd.connected(1);
      clamd.release();
      await sweeping;
      await require(DECIDED);
    }));

  it(
    'which are refused, like all others, because the daemon is away, if that is configured',
    { skip: skipOfDaemon },
    () =>
      watch({ GATE_CLAMD_ON_ERROR: 'refuse', GATE_CLAMD_ATTEMPTS: '2' }, async ({ send, sweep, require }) => {
        await clamd.kill();
        await send();
        await require(HELD);
        await sweep();
        await require({ infected: 'rejected', sound: 'rejected' });
        await clamd.restart();
      }),
  );

  it('until the deadline refuses them, like all others, if the daemon stays away', { skip: skipOfDaemon }, () =>
    watch({ GATE_CLAMD_DEADLINE_HOURS: '1' }, async ({ send, sweep, require }) => {
      await clamd.kill();
      await send();
      for (let minutes = 0; minutes < 60; minutes += 10) {
        await require(HELD);
        await sweep();
      }
      await require({ infected: 'rejected', sound: 'rejected' });
      await clamd.restart();
    }),
  );
}

interface Scene {
  /** All of them at once. */
  send(): Promise<void>;
  /** Lets minutes pass, and sweeps. */
  sweep(): Promise<void>;
  /** Sweeps as often as images are still held. */
  sweepUntilDecided(): Promise<void>;
  require(expected: { readonly infected: Image['status']; readonly sound: Image['status'] }): Promise<void>;
}

async function grant(service: ClosedService, key: string, type: string): Promise<{ id: string; url: string }> {
  const fields = { content_type: type, tags: ['watched'], visibility: 'public' };
  const granted = await service.as(key, '/uploads', json(fields));
  assert.equal(granted.status, 201, await granted.clone().text());
  const { image_id: id, upload_url: url } = (await granted.json()) as { image_id: string; upload_url: string };
  return { id, url };
}

/** As clients do: a PUT, and then `complete`. */
async function send(
  service: ClosedService,
  key: string,
  { id, url, type, bytes }: { id: string; url: string; type: string; bytes: Buffer },
): Promise<void> {
  const put = await service.send(url, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: new Uint8Array(bytes),
  });
  await put.body?.cancel();
  const completed = await service.as(key, `/images/${id}/complete`, { method: 'POST' });
  await completed.body?.cancel();
}

async function statusOf({ services }: ClosedService, id: string): Promise<Image['status']> {
  return (await services.images.get(id as ImageId))?.status ?? assert.fail(`expected a record of ${id}`);
}
