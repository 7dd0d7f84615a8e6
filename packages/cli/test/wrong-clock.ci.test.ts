import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fakeTime, NO_FAKE_TIME } from '../../server/test/services/fake-time.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

/** URLs last minutes and Idempotency-Keys a day, both by the service's clock. */
describe('a clock that is wrong', { skip: NO_FAKE_TIME }, () => {
  let service: RunningService;
  let shell: Shell;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin });
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  for (const jump of ['+1d', '-1d'])
    it(`by ${jump} changes nothing: upload, sync and get work, and a repetition sends nothing`, async () => {
      const user = `user${jump}`;
      const env = { ...fakeTime(jump), SAFELIGHT_USER: user };
      await put(shell.folder, `${user}/a.png`, picture(jump));
      await put(shell.folder, `${user}-new/b.png`, picture(`new ${jump}`));
      const command = [process.execPath, '-p', 'Date.now()'];
      const here = Number((await shell.run([], { env, command })).stdout);
      assert.ok(Math.abs(here - Date.now()) > 80_000_000, `expected another day; got ${here}`);
      const sums: unknown[] = [];
      for (const args of [
        ['upload', user],
        ['upload', user],
        ['sync', user],
        ['sync', user],
        ['sync', `${user}-new`],
      ]) {
        const { exitCode, stderr, json } = await shell.run([...args, '--json'], { env });
        assert.equal(exitCode, 0, stderr);
        const { uploaded, present } = json().at(-1) ?? {};
        sums.push([args[0], uploaded, present]);
      }
      assert.deepEqual(sums, [
        ['upload', 1, 0],
        ['upload', 1, 0],
        ['sync', 0, 1],
        ['sync', 0, 1],
        ['sync', 1, 0],
      ]);
      const ids = (await shell.run(['ls', '-q'], { env })).stdout;
      assert.match(ids, /^([-0-9a-f]{36}\n){2}$/, 'one image of each');
      const [, id = ''] = ids.split('\n');
      const got = await shell.run(['get', id, '-o', `${user}/got.png`], { env });
      assert.equal(got.exitCode, 0, got.stderr);
      assert.deepEqual(await readFile(join(shell.folder, user, 'got.png')), picture(jump));
    });
});
