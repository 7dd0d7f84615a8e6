import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

/** Longer than a pipe holds. */
const BYTES = 300_000;

const PROGRAM = `
  const { createWholeLines } = await import(${JSON.stringify(join(import.meta.dirname, 'whole-lines.ts'))});
  createWholeLines()('x'.repeat(${BYTES}) + '\\n');
  process.kill(process.pid, 'SIGKILL');
`;

describe('whole lines', () => {
  it('are written when the call returns, though their reader is slow', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', PROGRAM], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'close');
    await delay(300);
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await ended;
    assert.equal(bytes, BYTES + 1);
  });
});
