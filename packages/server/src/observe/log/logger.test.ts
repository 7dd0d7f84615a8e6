import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';

const PROGRAM = `
  import { createLogger } from ${JSON.stringify(import.meta.resolve('./logger.ts'))};
  const logger = await createLogger({ level: 'info', format: 'json', writesAtOnce: true });
  for (let n = 0; n < 100; n += 1) logger.info({ n }, 'request');
  process.kill(process.pid, 'SIGKILL');
`;

describe('a logger that writes at once', () => {
  it('has written every line when its process is killed', async () => {
    const flags = ['--conditions=safelight-source', '--input-type=module', '--eval', PROGRAM];
    const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = await Promise.all([text(child.stdout), once(child, 'close')]);
    const numbers = printed
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    assert.deepEqual(
      numbers,
      Array.from({ length: 100 }, (_, n) => n),
    );
    assert.equal(child.signalCode, 'SIGKILL');
  });
});

describe('a logger whose output is full', { skip: !existsSync('/dev/full') && 'needs /dev/full' }, () => {
  for (const format of ['json', 'pretty'])
    for (const writesAtOnce of [true, false])
      it(`loses its lines, and the process lives (${format}, ${writesAtOnce ? 'at once' : 'later'})`, async () => {
        const program = `
          import { writeSync } from 'node:fs';
          import { createLogger } from ${JSON.stringify(import.meta.resolve('./logger.ts'))};
          const logger = await createLogger({ level: 'info', format: '${format}', writesAtOnce: ${writesAtOnce} });
          let n = 0;
          const timer = setInterval(() => {
            logger.info({ n }, 'request');
            n += 1;
            if (n < 20) return;
            clearInterval(timer);
            setTimeout(() => writeSync(2, 'lives') && process.kill(process.pid, 'SIGKILL'), 50);
          }, 1);
        `;
        const flags = ['--conditions=safelight-source', '--input-type=module', '--eval', program];
        const full = openSync('/dev/full', 'w');
        const child = spawn(process.execPath, flags, { stdio: ['ignore', full, 'pipe'] });
        closeSync(full);
        const [said] = await Promise.all([text(child.stderr ?? assert.fail()), once(child, 'close')]);
        assert.equal(said, 'lives');
      });
});
