import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isInRun } from '../../../../scripts/test-tiers.ts';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { incomingKey } from '../../src/domain/image/object-key.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { finalizeAfterEvent } from '../../src/operations/uploads/finalize-after-event.ts';
import { finalizeUpload } from '../../src/operations/uploads/finalize-upload.ts';
import { createMortalDecoders, poisoned } from '../faults/mortal-decoders.ts';
import { createProvisionedTable, environmentOf } from '../services/dynamo-service.ts';
import { createTestService, json, post } from '../services/service.ts';

const MINUTE = 60_000;
const good = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 64 }));
const bad = poisoned(good);

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

interface Described {
  readonly status: string;
  readonly rejection?: { readonly code: string };
}

/** Dates stand still on any machine; waits don't. */
function standingClock() {
  const startMs = Date.now();
  const clock = {
    offsetMs: 0,
    now: () => new Date(startMs + clock.offsetMs),
    elapsedMs: () => performance.now() + clock.offsetMs,
  };
  return clock;
}

async function createMortalService(environment: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-deaths-')));
  const decoders = stack.use(createMortalDecoders(folder.path));
  const clock = standingClock();
  const service = stack.use(
    await createTestService({
      environment: { FINALIZE_ON_READ: 'on', ...environment },
      overrides: { clock, wrapImaging: decoders.wrap },
    }),
  );
  const grant = async (promised = {}): Promise<Grant> => {
    const asked = json({ user_id: 'u', content_type: 'image/jpeg', ...promised });
    return (await (await service.request('/images/upload', asked)).json()) as Grant;
  };
  const put = async ({ upload_url, headers }: Grant, body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    service.send(upload_url, { method: 'PUT', headers, body });
  const held = stack.move();
  return {
    ...service,
    clock,
    deaths: decoders.deaths,
    grant,
    put,
    complete: ({ image_id }: Grant) => service.request(`/images/${image_id}/complete`, { method: 'POST' }),
    list: async () => ((await (await service.request('/images?user_id=u')).json()) as { count: number }).count,
    described: async ({ image_id }: Grant, query = '') =>
      (await (await service.request(`/images/${image_id}/metadata${query}`)).json()) as Described,
    sweep: () => sweep(service.services, { holder: 'sweeper', signal: new AbortController().signal }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function assertLater(response: Response, maxSeconds: number): Promise<void> {
  const { code } = (await response.json()) as { code: string };
  assert.deepEqual([response.status, code], [503, 'decoder-failed']);
  const seconds = Number(response.headers.get('retry-after'));
  assert.ok(seconds > maxSeconds - 30 && seconds <= maxSeconds, `Retry-After: ${seconds}`);
}

const WAYS = [
  { name: 'with records in SQLite', skip: false, create: () => createMortalService() },
  {
    name: 'with records in DynamoDB',
    skip: !isInRun('long') && 'the long tier runs it: crashes are counted above the records',
    create: async () => {
      await using stack = new AsyncDisposableStack();
      const table = stack.use(await createProvisionedTable());
      const service = stack.use(await createMortalService(environmentOf(table)));
      const held = stack.move();
      return { ...service, [Symbol.asyncDispose]: () => held.disposeAsync() };
    },
  },
];

for (const { name, skip, create } of WAYS) {
  describe(`uploads that crash their decoder, ${name}`, { skip }, () => {
    it('crash one decoder each until they are due again, for any requests', async () => {
      await using service = await create();
      const grants = await Promise.all(Array.from({ length: 20 }, () => service.grant()));
      for (const one of grants) assert.equal((await service.put(one, bad)).status, 503);
      for (let lists = 0; lists < 10; lists += 1) assert.equal(await service.list(), 0);
      assert.equal(await service.deaths(), 20);

      for (const one of grants.slice(0, 3)) {
        const path = `/images/${one.image_id}`;
        await assertLater(await service.complete(one), 60);
        for (const read of [path, `${path}/download`, `${path}/renditions/thumb`])
          await assertLater(await service.request(read), 60);
        assert.equal((await service.put(one, bad)).status, 503);
        const image = await service.services.images.get(one.image_id as never);
        assert.ok(image);
        const { bucket } = service.services.objects;
        await finalizeAfterEvent(service.services, [{ bucket, keys: [incomingKey(image.userId, image.id)] }]);
        await assert.rejects(finalizeUpload(service.services, image.id), { code: 'decoder-failed' });
      }
      await service.sweep();
      assert.equal(await service.deaths(), 20);
      assert.equal(
        (await service.put(await service.grant(), good)).status,
        200,
        'expected other uploads to be examined',
      );
    });

    it('are described as pending immediately, even with ?wait=20', async () => {
      await using service = await create();
      const one = await service.grant();
      await service.put(one, bad);
      const askedMs = performance.now();
      assert.equal((await service.described(one, '?wait=20')).status, 'pending');
      assert.ok(performance.now() - askedMs < 19_000, 'expected no wait');
      assert.equal(await service.deaths(), 1);
    });

    it('are tried five times, after 1, 4, 16 and 60 minutes, then rejected', async () => {
      await using service = await create();
      const one = await service.grant();
      await service.put(one, bad);
      for (const [index, minutes] of [1, 4, 16, 60].entries()) {
        await assertLater(await service.complete(one), minutes * 60);
        service.clock.offsetMs += minutes * MINUTE - 5_000;
        await service.list();
        assert.equal(await service.deaths(), index + 1, `expected no try before ${minutes} minutes`);
        service.clock.offsetMs += 10_000;
        await Promise.all([service.complete(one), service.complete(one), service.list(), service.sweep()]);
        assert.equal(await service.deaths(), index + 2, `expected one try after ${minutes} minutes`);
      }
      const image = await service.described(one);
      assert.deepEqual([image.status, image.rejection?.code], ['rejected', 'processing-failed']);
      assert.equal((await service.complete(one)).status, 400);
      assert.equal(await service.deaths(), 5);
    });

    it('keep their count of crashes if they are uploaded again', async () => {
      await using service = await create();
      const one = await service.grant({ size: bad.length, sha256: createHash('sha256').update(bad).digest('hex') });
      assert.equal((await service.put(one, bad)).status, 503, 'expected a URL for one body to store no bytes');
      service.clock.offsetMs += MINUTE + 5_000;
      await service.sweep();
      assert.equal((await service.put(one, bad)).status, 503);
      assert.equal(await service.deaths(), 2);
      await assertLater(await service.complete(one), 240);
    });

    it('can be replaced by other bytes, which become ready after a minute', async () => {
      await using service = await create();
      const one = await service.grant();
      await service.put(one, bad);
      assert.equal((await service.put(one, good)).status, 503, 'expected no examination within the minute');
      service.clock.offsetMs += MINUTE + 5_000;
      assert.equal((await service.complete(one)).status, 200);
      assert.equal(await service.deaths(), 1);
    });
  });
}

describe('a direct upload whose bytes crashed a decoder', () => {
  const direct = (service: Awaited<ReturnType<typeof createMortalService>>, body: Uint8Array<ArrayBuffer>) =>
    service.request('/images/upload?user_id=u', post(body, 'image/jpeg'));

  it('is refused for ten minutes without a decode, then decoded again', async () => {
    await using service = await createMortalService();
    for (const minutes of [0, 5, 4.9]) {
      service.clock.offsetMs += minutes * MINUTE;
      const response = await direct(service, bad);
      const { code } = (await response.json()) as { code: string };
      assert.deepEqual([response.status, code], [400, 'processing-failed']);
      assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
      assert.equal(await service.deaths(), 1);
    }
    assert.equal((await direct(service, good)).status, 200);
    service.clock.offsetMs += 0.2 * MINUTE;
    assert.equal((await direct(service, bad)).status, 400);
    assert.equal(await service.deaths(), 2);
    assert.equal((await service.storedFiles()).length, 1);
  });
});
