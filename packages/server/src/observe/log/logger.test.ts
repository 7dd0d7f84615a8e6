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

/** A process of a logger, with nobody who reads its output. */
function startUnread(body: string, output: 'pipe' | number) {
  const program = `
    import { writeSync } from 'node:fs';
    import { createLogger } from ${JSON.stringify(import.meta.resolve('./logger.ts'))};
    const logger = await createLogger({ level: 'info', format: 'json' });
    const tick = () => new Promise((resolve) => setImmediate(resolve));
    ${body}
  `;
  const flags = ['--conditions=safelight-source', '--input-type=module', '--expose-gc', '--eval', program];
  return spawn(process.execPath, flags, { stdio: ['ignore', output, 'pipe'], timeout: 30_000, killSignal: 'SIGKILL' });
}

describe('a logger whose lines nobody takes', () => {
  const LOG = `
    for (let n = 0; n < 500; n += 1) {
      logger.info({ n, text: 'x'.repeat(2_000) }, 'request');
      await tick();
    }
  `;

  it('lets the process end though its reader has stopped', async () => {
    const child = startUnread(`${LOG} process.exit(3);`, 'pipe');
    const [exitCode] = await once(child, 'exit');
    assert.equal(exitCode, 3, `${child.signalCode}`);
  });

  it('lets the process end though the disk is full', {
    skip: !existsSync('/dev/full') && 'needs /dev/full',
  }, async () => {
    const full = openSync('/dev/full', 'w');
    const child = startUnread(`${LOG} process.exit(3);`, full);
    closeSync(full);
    const [exitCode] = await once(child, 'exit');
    assert.equal(exitCode, 3, `${child.signalCode}`);
  });

  it('keeps a bounded part of them', async () => {
    const child = startUnread(
      `
        for (let round = 0; round < 100; round += 1) {
          for (let n = 0; n < 500; n += 1) logger.info({ text: 'x'.repeat(2_000) }, 'request');
          await tick();
        }
        gc();
        writeSync(2, String(process.memoryUsage().rss));
        process.kill(process.pid, 'SIGKILL');
      `,
      'pipe',
    );
    const [said] = await Promise.all([text(child.stderr ?? assert.fail()), once(child, 'exit')]);
    assert.ok(Number(said) > 0 && Number(said) < 150_000_000, `${said} bytes of memory`);
  });

  it('gives the last ones to a reader that is slow when the process ends', async () => {
    const child = startUnread(`${LOG} writeSync(2, 'ends'); process.exit(0);`, 'pipe');
    await once(child.stderr ?? assert.fail(), 'data');
    const [printed] = await Promise.all([text(child.stdout ?? assert.fail()), once(child, 'exit')]);
    assert.match(printed.trimEnd().split('\n').at(-1) ?? '', /"n":499,/);
  });
});
