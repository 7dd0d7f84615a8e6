// In the long tier: processes at each level of confinement: CI has the levels themselves in `src/imaging/confinement/`.
import assert from 'node:assert/strict';
import { mkdtempDisposable, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { testImage } from '../../../../test/pictures/test-images.ts';
import { until } from '../../src/imaging/processes/process-list.fixture.ts';
import { kernelWithout } from '../services/kernel-without.ts';
import { type RunningService, startService } from '../services/running-service.ts';

const ON_LINUX = { skip: process.platform !== 'linux' && 'decoders are confined on Linux only' };

const line = ({ output }: RunningService) => / - decoders: (.*)$/m.exec(output())?.[1];
const level = async ({ origin }: RunningService) =>
  ((await (await fetch(origin)).json()) as { decoders: string }).decoders;

async function upload({ origin }: RunningService): Promise<number> {
  const body = new Uint8Array(await testImage({ type: 'image/jpeg', width: 64, height: 48 }));
  const headers = { 'Content-Type': 'image/jpeg' };
  return (await fetch(`${origin}/images/upload?user_id=me`, { method: 'POST', headers, body })).status;
}

/** The output of a start that must fail. */
async function refusal(required: string, under: readonly string[]): Promise<string> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-required-'));
  const error = await startService({ DECODERS_REQUIRE: required }, folder.path, under).then(
    async (service) => {
      await service[Symbol.asyncDispose]();
      return assert.fail(`expected no start; got ${service.output()}`);
    },
    (ended: Error) => ended.message,
  );
  const stored = await readdir(folder.path, { recursive: true });
  assert.ok(!stored.some((name) => name.endsWith('safelight.db')), stored.join());
  return error;
}

describe('DECODERS_REQUIRE', ON_LINUX, () => {
  it('unset, has the level measured before the line at the start, which says less than expected if it is less', async () => {
    await using confined = await startService({ LOG_LEVEL: 'silent' });
    assert.equal(line(confined), 'landlock');
    await using service = await startService({}, undefined, kernelWithout('landlock', 'namespaces'));
    assert.equal(line(service), 'unconfined');
    const warning = /Decoders have another confinement than expected: unconfined \(landlock: .*errno 38/;
    await until(async () => warning.test(service.output())); // the log is another stream of writes than the line
    assert.equal(await level(service), 'unconfined');
    assert.equal(await upload(service), 200);
  });

  it('leaves no file behind, also if the start fails meanwhile', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'safelight-level-test-'));
    const environment = { TMPDIR: folder.path, LOG_LEVEL: 'silent' };
    await assert.rejects(startService({ ...environment, PORT: 'none' }), /PORT: expected/);
    await using service = await startService(environment);
    assert.equal(line(service), 'landlock');
    const left = (await readdir(folder.path)).filter((name) => name.startsWith('safelight-level-'));
    assert.deepEqual(left, []);
  });

  it('landlock is measured before the service listens', async () => {
    await using service = await startService({ DECODERS_REQUIRE: 'landlock', LOG_LEVEL: 'silent' });
    assert.equal(line(service), 'landlock');
    assert.equal(await level(service), 'landlock');
    assert.equal(await upload(service), 200);
  });

  it('namespaces is met by landlock too', async () => {
    await using service = await startService({ DECODERS_REQUIRE: 'namespaces', LOG_LEVEL: 'silent' });
    assert.equal(line(service), 'landlock');
  });

  it('namespaces is met on a kernel without Landlock', async () => {
    const environment = { DECODERS_REQUIRE: 'namespaces', LOG_LEVEL: 'silent' };
    await using service = await startService(environment, undefined, kernelWithout('landlock'));
    assert.equal(line(service), 'namespaces');
    assert.equal(await upload(service), 200);
    assert.equal(await level(service), 'namespaces');
  });

  it('landlock refuses a start on a kernel without it, before anything is stored', async () => {
    const output = await refusal('landlock', kernelWithout('landlock'));
    assert.match(
      output,
      /Safelight can't start\. DECODERS_REQUIRE: expected decoders that landlock confines; got namespaces \(landlock: landlock_create_ruleset failed with errno 38\)\. Landlock needs koffi .* docs\/operations\.md, or require less\.$/m,
    );
  });

  it('refuses a start where decoders would be unconfined', async () => {
    for (const required of ['landlock', 'namespaces']) {
      const output = await refusal(required, kernelWithout('landlock', 'namespaces'));
      assert.match(
        output,
        new RegExp(`that ${required} confines; got unconfined \\(landlock: .*; namespaces: unshare`),
      );
    }
  });
});
