import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { startService } from './running-service.ts';
import { testImage } from './test-images.ts';

const GUIDE = join(import.meta.dirname, '../../../docs/api.md');
const BASE = 'http://127.0.0.1:8000';

/** What a reader would copy, block after block. */
const commandsIn = (markdown: string): string[] =>
  [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, commands]) => {
    assert.equal(language, 'sh', 'a block is commands, so that it can be run');
    return commands ?? '';
  });

/** Runs the commands as one script, which ends at the first that fails. */
async function run(commands: string, folder: string): Promise<{ exitCode: number | null; output: string }> {
  const shell = spawn('bash', ['-euxo', 'pipefail', '-c', commands], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, 'close')]);
  return { exitCode: shell.exitCode, output: `${stdout}\n${stderr.slice(-3_000)}` };
}

describe('docs/api.md', () => {
  it('has commands that all succeed, in their order', async () => {
    await using service = await startService({ LOG_LEVEL: 'silent' });
    const folder = await mkdtemp(join(tmpdir(), 'safelight-guide-'));
    try {
      await writeFile(join(folder, 'photo.jpg'), await testImage({ type: 'image/jpeg', width: 320, height: 240 }));
      const blocks = commandsIn(await readFile(GUIDE, 'utf8'));
      assert.ok(blocks.length > 8);
      const commands = blocks.join('\n');
      assert.ok(commands.includes(BASE));
      const { exitCode, output } = await run(commands.replaceAll(BASE, service.origin), folder);
      assert.equal(exitCode, 0, output);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('would be seen to fail, within a pipe too', async () => {
    const { exitCode, output } = await run('false | true\necho still here', tmpdir());
    assert.equal(exitCode, 1);
    assert.doesNotMatch(output, /still here/);
  });
});
