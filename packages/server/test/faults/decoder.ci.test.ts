import assert from 'node:assert/strict';
import { mkdtempDisposable } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { childrenOf, signalProcess, until } from '../../src/imaging/processes/process-list.fixture.ts';
import { hearing } from '../../src/observe/observer/hearing.fixture.ts';
import { sweep } from '../../src/operations/upkeep/sweep.ts';
import { compose } from '../../src/run/compose/compose.ts';
import { loadConfig } from '../../src/run/config/config.ts';
import { movingClock } from '../services/moving-clock.ts';
import { type RunningService, startService } from '../services/running-service.ts';
import { createTestService, json, type TestService } from '../services/service.ts';

const jpeg = (side: number, seed = 1) => testImage({ type: 'image/jpeg', width: side, height: side, seed });
const small = new Uint8Array(await jpeg(64));
/** Takes about half a second to decode. */
const large = new Uint8Array(await jpeg(4096));

interface Grant {
  readonly image_id: string;
  readonly upload_url: string;
  readonly headers: Record<string, string>;
}

interface Described {
  readonly status: string;
  readonly rejection?: { readonly code: string };
}

/** A client of a service. */
const clientOf = (send: (path: string, init?: RequestInit) => Promise<Response>) => ({
  grant: async () =>
    (await (await send('/images/upload', json({ user_id: 'u', content_type: 'image/jpeg' }))).json()) as Grant,
  put: async ({ upload_url, headers }: Grant, body: Uint8Array<ArrayBuffer>) =>
    (await send(upload_url, { method: 'PUT', headers, body })).status,
  direct: (body: Uint8Array<ArrayBuffer>) =>
    send('/images/upload?user_id=u', { method: 'POST', headers: { 'Content-Type': 'image/jpeg' }, body }),
  complete: ({ image_id }: Grant) => send(`/images/${image_id}/complete`, { method: 'POST' }),
  listed: async () => ((await (await send('/images?user_id=u')).json()) as { count: number }).count,
});

const clientOfRunning = ({ origin }: RunningService) => clientOf((path, init) => fetch(new URL(path, origin), init));
const clientOfTest = (service: TestService) =>
  clientOf((path, init) => (path.startsWith('/') ? service.request(path, init) : service.send(path, init)));

/** Stops every current decode process of `parent`: its next job hangs. */
async function stopDecoders(parent: number): Promise<readonly number[]> {
  const children = await childrenOf(parent);
  for (const child of children) signalProcess(child, 'SIGSTOP');
  return children;
}

function killIfAlive(id: number): void {
  try {
    signalProcess(id, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error; // it has ended since the list was made
  }
}

const sweepOnce = ({ services }: TestService) =>
  sweep(services, { holder: 'sweeper', signal: new AbortController().signal });

async function assertNoLeak(parent: number): Promise<void> {
  const children = await childrenOf(parent);
  assert.ok(children.length <= availableParallelism(), `expected at most a process for each core; got ${children}`);
}

describe('a decode process killed during a job', () => {
  it('affects no upload', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    const id = service.process.pid ?? 0;
    const client = clientOfRunning(service);
    assert.equal((await client.direct(small)).status, 200);
    const [stopped] = await stopDecoders(id);
    const sent = [await client.grant(), await client.grant()].map((grant) => client.put(grant, small));
    await Promise.race(sent); // one had its own process: the other is in the stopped one
    signalProcess(stopped, 'SIGKILL');
    assert.deepEqual(await Promise.all(sent), [200, 200]);
    assert.equal(await client.listed(), 3);
    await assertNoLeak(id);
  });

  it('repeatedly makes the upload 503, and its image ready at the next sweep', async () => {
    const clock = movingClock();
    await using service = await createTestService({ overrides: { clock } });
    const client = clientOfTest(service);
    const grant = await client.grant();
    let status: number | undefined;
    const sent = client.put(grant, large).then((answer) => {
      status = answer;
    });
    while (status === undefined) for (const child of await childrenOf(process.pid)) killIfAlive(child);
    await sent;
    assert.equal(status, 503);
    clock.offsetMs += 61_000;
    await sweepOnce(service);
    assert.equal(await client.listed(), 1);
    await assertNoLeak(process.pid);
  });
});

describe('a decode process that hangs', () => {
  it('is killed in time; the upload gets Retry-After and can then be repeated', async () => {
    const clock = movingClock();
    await using service = await createTestService({
      environment: { TRANSFORM_TIMEOUT_SECONDS: '10' },
      overrides: { clock },
    });
    const client = clientOfTest(service);
    assert.equal((await client.direct(small)).status, 200);
    const grant = await client.grant();
    const stopped = await stopDecoders(process.pid);
    assert.equal(stopped.length, 1);

    assert.equal(await client.put(grant, small), 503);
    await until(async () => !(await childrenOf(process.pid)).includes(stopped[0] ?? 0));
    const early = await client.complete(grant);
    assert.equal(early.status, 503);
    clock.offsetMs += Number(early.headers.get('retry-after')) * 1000;
    const completed = await client.complete(grant);
    assert.equal(completed.status, 200, await completed.text());
    assert.equal(await client.listed(), 2);
    await assertNoLeak(process.pid);
  });

  it('five times for the same bytes, an hour or more apart, leads to their rejection', async () => {
    const clock = movingClock();
    await using service = await createTestService({
      environment: { TRANSFORM_TIMEOUT_SECONDS: '3' },
      overrides: { clock },
    });
    const client = clientOfTest(service);
    const grant = await client.grant();
    let seed = 2;
    const crashOnce = async (look: () => Promise<unknown>) => {
      // So that a process is at rest, to be stopped. On a busy machine a job may take longer than these seconds: the
      // same bytes are then refused.
      await until(async () => (await client.direct(new Uint8Array(await jpeg(64, seed++)))).status === 200);
      await stopDecoders(process.pid);
      await look();
      clock.offsetMs += 61 * 60_000;
    };
    await crashOnce(async () => assert.equal(await client.put(grant, small), 503));
    for (let crashes = 2; crashes <= 5; crashes++) {
      const described = await service.request(`/images?user_id=u&status=pending`);
      assert.match(await described.text(), /"count":1/, `expected a pending image after ${crashes - 1} crashes`);
      await crashOnce(() => sweepOnce(service));
    }
    const image = (await (await service.request(`/images/${grant.image_id}/metadata`)).json()) as Described;
    assert.deepEqual([image.status, image.rejection?.code], ['rejected', 'processing-failed']);
    assert.equal(await client.listed(), 5, 'expected the other uploads in the list');
    assert.equal((await service.storedFiles()).length, 5);
    await assertNoLeak(process.pid);
  });
});

describe('the warning at the start', () => {
  for (const { levels, warnings } of [
    { levels: ['unconfined'], warnings: [/^Decoders are not confined on this system: .* See SECURITY\.md\.$/] },
    { levels: ['namespaces'], warnings: [] },
  ] as const)
    it(`names unconfined decoders, and no others: ${levels}`, {
      skip: process.platform !== 'linux',
    }, async () => {
      await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-unconfined-'));
      const { config, secrets } = loadConfig({ DATA_DIR: folder.path });
      const warned: string[] = [];
      await using composition = await compose(config, secrets, {
        observe: hearing('warning', ({ sentence }) => warned.push(sentence)),
        overrides: { confinementLevels: levels },
      });
      assert.equal(composition.services.imaging.confinement().level, levels[0]);
      assert.equal(warned.length, warnings.length);
      for (const [index, warning] of warnings.entries()) assert.match(warned[index] ?? '', warning);
    });
});
