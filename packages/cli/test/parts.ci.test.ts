import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { paddedPng } from '../../../test/pictures/test-images.ts';
import { startCuttingProxy } from '../../client/test/cutting-proxy.ts';
import { type RunningService, startService } from '../../server/test/services/running-service.ts';
import { picture, put } from './pictures.ts';
import { openShell, type Shell } from './running-cli.ts';

const MB = 1_048_576;
const SIZE = 24 * MB;
const KILLED_AT = 14 * MB;

describe('a large file', () => {
  let service: RunningService;
  let shell: Shell;
  before(async () => {
    service = await startService({ LOG_LEVEL: 'warn' });
    shell = await openShell();
  });
  after(async () => {
    await shell?.[Symbol.asyncDispose]();
    await service?.[Symbol.asyncDispose]();
  });

  for (const command of ['upload', 'sync'])
    it(`of ${command} continues where kill -9 has ended it`, async () => {
      await using proxy = await startCuttingProxy(service.origin);
      const bytes = paddedPng(picture(`large ${command}`), SIZE);
      await put(shell.folder, `${command}/large.png`, bytes);
      const args = [command, command, '--user', command, '--url', proxy.origin, '--json'];
      const held = proxy.holdAt(KILLED_AT);
      const running = shell.start(args);
      await held.reached;
      running.child.kill('SIGKILL');
      held.release();
      await held.closed;
      await running.ended;

      const before = proxy.received();
      const { exitCode, stderr, json } = await shell.run(args);
      assert.equal(exitCode, 0, stderr);
      const sent = proxy.received() - before;
      assert.ok(sent <= SIZE - KILLED_AT + 7 * MB, `${sent / MB} MB`);
      const id = String(json()[0]?.image?.['image_id']);
      const answer = await fetch(`${service.origin}/images/${id}/original?user_id=${command}`);
      assert.ok(bytes.equals(Buffer.from(await answer.arrayBuffer())));
      for (const status of ['ready', 'pending']) {
        const { stdout } = await shell.run([
          'ls',
          '-q',
          '--status',
          status,
          '--user',
          command,
          '--url',
          service.origin,
        ]);
        assert.equal(stdout, status === 'ready' ? `${id}\n` : '');
      }
    });
});
