import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { startHolding } from './holding-front.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

const FILES = 120;

describe('Ctrl-C', () => {
  let service: RunningService;
  let shell: Shell;

  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell({ SAFELIGHT_URL: service.origin });
    for (let index = 0; index < FILES; index += 1)
      await put(shell.folder, `many/${index}.png`, picture(`stop ${index}`));
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  for (const command of ['upload', 'sync']) {
    it(`ends ${command} after whole lines of JSON, and nothing that could be finished stays pending`, async () => {
      await using front = await startHolding(service.origin, 'PUT', 40);
      const args = [command, 'many', '--user', command, '--json', '--url', front.url];
      const running = shell.start(args);
      await running.printed(/"event":"uploaded"/, 20);
      running.child.kill('SIGINT');
      front.left = Number.POSITIVE_INFINITY;
      const { exitCode, stderr, json } = await running.ended;
      assert.deepEqual([exitCode, stderr], [130, '']);
      const lines = json();
      const { event, uploaded, interrupted } = lines.at(-1) ?? {};
      assert.deepEqual([event, interrupted], ['summary', true]);
      assert.ok(Number(uploaded) >= 20 && Number(uploaded) < FILES, String(uploaded));
      assert.equal(lines.filter((line) => line.event === 'uploaded').length, uploaded);

      const rest = await shell.run(args);
      assert.equal(rest.exitCode, 0, rest.stderr);
      const { stdout } = await shell.run(['ls', '-q', '--user', command]);
      assert.equal(new Set(stdout.trim().split('\n')).size, FILES);
      assert.equal(stdout.trim().split('\n').length, FILES);
      const pending = await shell.run(['ls', '-q', '--status', 'pending', '--user', command]);
      assert.equal(pending.stdout, '');
    });
  }

  it('says how to continue', async () => {
    await using front = await startHolding(service.origin, 'PUT', 5);
    const running = shell.start(['upload', 'many', '--user', 'words', '-c', '1', '--url', front.url]);
    await running.printed(/\t/, 2);
    running.child.kill('SIGINT');
    front.left = Number.POSITIVE_INFINITY;
    const { exitCode, stderr } = await running.ended;
    assert.equal(exitCode, 130);
    assert.match(
      stderr,
      /Stopping\..*\n\d+ images? uploaded\.\nStopped before the end\. To continue, run the same command again/,
    );
  });

  it('leaves no half file of get', async () => {
    await shell.run(['upload', 'many', '--user', 'get']);
    const { stdout: ids } = await shell.run(['ls', '-q', '--user', 'get']);
    const out = join(shell.folder, 'out');
    await mkdir(out);
    await using front = await startHolding(service.origin, 'GET', 60);
    const running = shell.start(['get', '-', '-o', 'out', '--user', 'get', '--url', front.url], { stdin: ids });
    await running.printed(/out\//, 10);
    running.child.kill('SIGINT');
    front.left = Number.POSITIVE_INFINITY;
    const { exitCode, stdout } = await running.ended;
    const names = await readdir(out);
    assert.equal(exitCode, 130);
    assert.deepEqual(
      names.filter((name) => !/^\d+\.png$/.test(name)),
      [],
    );
    assert.equal(stdout.trim().split('\n').length, names.length);
    const rest = await shell.run(['get', '-', '-o', 'out', '--user', 'get'], { stdin: ids });
    assert.equal(rest.exitCode, 0, rest.stderr);
    assert.equal((await readdir(out)).length, FILES);
  });
});
