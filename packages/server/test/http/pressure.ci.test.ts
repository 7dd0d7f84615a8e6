import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryFolder } from '../faults/file-systems.ts';
import { type RunningService, startService } from '../services/running-service.ts';

/** Runs inside the service; SIGUSR2 starts it. */
const startWith = (script: string, environment: Record<string, string>): Promise<RunningService> => {
  const module = `data:text/javascript,${encodeURIComponent(`import { writeSync } from 'node:fs'; ${script}`)}`;
  return startService({ NODE_OPTIONS: `--import=${module}`, ...environment });
};

/** Longer than any stall of a busy machine. */
const ALLOWED_MS = 2_000;
const MAX_STALLS = 5;

/** Waits until the file exists. */
const blockUntil = (file: string): string => `import { existsSync } from 'node:fs';
process.on('SIGUSR2', () => {
  writeSync(1, 'blocking');
  while (!existsSync(${JSON.stringify(file)})) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
});`;

/** A service that allows its event loop a delay of 2 s, and a longer stall while requests pile up. */
async function startStalling(environment: Record<string, string> = {}) {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryFolder());
  const end = join(path, 'end');
  const service = stack.use(
    await startWith(blockUntil(end), { MAX_EVENT_LOOP_DELAY_MS: String(ALLOWED_MS), ...environment }),
  );
  const held = stack.move();
  return {
    ...service,
    /**
     * The answers after a stall, if all are refusals: the state lasts for a quarter of a second, in which a busy
     * machine may not run the service. Then the stall is repeated; `refusing` counts the stalls after which a request
     * was refused.
     */
    async askDuringStall(asked: () => Promise<Response>[]): Promise<{ answers: Response[]; refusing: number }> {
      let refusing = 0;
      for (let stalls = 1; stalls <= MAX_STALLS; stalls += 1) {
        await rm(end, { force: true });
        await signalUntil(service, 'blocking');
        const answering = Promise.all(asked());
        await delay(2 * ALLOWED_MS);
        await writeFile(end, '');
        const answers = await answering;
        const refused = answers.filter(({ status }) => status === 503).length;
        if (refused > 0) refusing += 1;
        if (refused === answers.length) return { answers, refusing };
        await untilServed(service);
      }
      throw new Error(`expected nothing but refusals behind one of ${MAX_STALLS} stalls; got ${refusing} with some`);
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const HOLD = `const held = [];
process.on('SIGUSR2', () => {
  if (held.length > 0) held.length = 0;
  else for (let i = 0; i < 10; i++) held.push(Buffer.alloc(41943040, 1));
  writeSync(1, held.length > 0 ? 'holding' : 'released');
});`;

/** Waits until it is printed once more. */
async function signalUntil(service: RunningService, printed: string): Promise<void> {
  const times = () => service.output().split(printed).length;
  const before = times();
  service.process.kill('SIGUSR2');
  while (times() === before) await once(service.process.stdout ?? service.process, 'data');
}

const list = (service: RunningService) => fetch(`${service.origin}/images?user_id=ada`);

async function untilServed(service: RunningService): Promise<void> {
  while ((await list(service)).status !== 200) await delay(20);
}

async function assertRefused(response: Response, detail: RegExp): Promise<void> {
  assert.equal(response.status, 503);
  assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
  const problem = (await response.json()) as { code: string; detail: string };
  assert.equal(problem.code, 'unavailable');
  assert.match(problem.detail, detail);
}

describe('a service with a delayed event loop', () => {
  it('refuses the piled-up requests, answers its probes, and recovers', async () => {
    await using service = await startStalling();
    await untilServed(service);
    let health = Promise.resolve(0);
    const { answers } = await service.askDuringStall(() => {
      health = fetch(`${service.origin}/health`).then(({ status }) => status);
      return [list(service), fetch(`${service.origin}/objects/safelight/x`, { method: 'PUT', body: 'x' })];
    });
    const [refused, object] = answers;
    assert.ok(refused && object);
    await assertRefused(refused, /^expected an event loop delay of at most 2000 ms; got \d+ ms$/);
    assert.equal(object.headers.get('cache-control'), 'no-store');
    assert.equal(await health, 200);
    await untilServed(service);
  });

  it('logs once that it refuses, and the reason with each request', async () => {
    await using service = await startStalling({ LOG_LEVEL: 'error', LOG_FORMAT: 'json' });
    const { refusing } = await service.askDuringStall(() => Array.from({ length: 20 }, () => list(service)));
    await untilServed(service);
    const said = service.output().match(/\{"level".*\}/g) ?? [];
    const whole = said.filter((line) => /refusing requests/.test(line) && !/"repeated"/.test(line)).length;
    assert.ok(1 <= whole && whole <= refusing, `${refusing} stalls: ${said.join('\n')}`);
    assert.equal(said.filter((line) => /"stack"/.test(line)).length, 0);
  });
});

describe('a service above its memory limit', () => {
  it('refuses until memory is freed, answers its probes, and recovers', async () => {
    await using service = await startWith(HOLD, { MAX_MEMORY_MB: '300' });
    await untilServed(service);
    await signalUntil(service, 'holding');
    let refused = await list(service);
    while (refused.status === 200) refused = await list(service);
    await assertRefused(refused, /^expected at most 300 MB of memory in use; got \d+ MB$/);
    assert.equal((await fetch(`${service.origin}/health`)).status, 200);
    await signalUntil(service, 'released');
    await untilServed(service);
  });
});
