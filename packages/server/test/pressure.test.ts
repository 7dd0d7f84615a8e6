import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type RunningService, startService } from './running-service.ts';

/** Runs in the service beside its own code; SIGUSR2 starts it. */
const startWith = (script: string, environment: Record<string, string>): Promise<RunningService> => {
  const module = `data:text/javascript,${encodeURIComponent(`import { writeSync } from 'node:fs'; ${script}`)}`;
  return startService({ NODE_OPTIONS: `--import=${module}`, ...environment });
};

/** More than a busy machine keeps the service waiting, and so much less than the stall that both can't be mistaken. */
const ALLOWED_MS = 2_000;
const BLOCK = `process.on('SIGUSR2', () => {
  writeSync(1, 'blocking');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${3 * ALLOWED_MS});
});`;

const HOLD = `const held = [];
process.on('SIGUSR2', () => {
  if (held.length > 0) held.length = 0;
  else for (let i = 0; i < 400; i++) held.push(Buffer.alloc(1048576, 1));
  writeSync(1, held.length > 0 ? 'holding' : 'released');
});`;

async function signalUntil(service: RunningService, printed: string): Promise<void> {
  service.process.kill('SIGUSR2');
  while (!service.output().includes(printed)) await once(service.process.stdout ?? service.process, 'data');
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

describe('a service whose event loop is late', () => {
  it('refuses what has piled up, answers its probes, and serves again', async () => {
    await using service = await startWith(BLOCK, { MAX_EVENT_LOOP_DELAY_MS: String(ALLOWED_MS) });
    assert.equal((await list(service)).status, 200);
    await signalUntil(service, 'blocking');
    const [refused, object, health] = await Promise.all([
      list(service),
      fetch(`${service.origin}/objects/safelight/x`, { method: 'PUT', body: 'x' }),
      fetch(`${service.origin}/health`),
    ]);
    await assertRefused(refused, /^expected an event loop delay of at most 2000 ms; got \d+ ms$/);
    assert.equal(object.status, 503);
    assert.equal(object.headers.get('cache-control'), 'no-store');
    assert.equal(health.status, 200);
    await untilServed(service);
  });

  it('logs once that it refuses, and why with each request', async () => {
    await using service = await startWith(BLOCK, {
      MAX_EVENT_LOOP_DELAY_MS: String(ALLOWED_MS),
      LOG_LEVEL: 'error',
      LOG_FORMAT: 'json',
    });
    await signalUntil(service, 'blocking');
    const refused = await Promise.all(Array.from({ length: 20 }, () => list(service)));
    assert.deepEqual(new Set(refused.map(({ status }) => status)), new Set([503]));
    await untilServed(service);
    const said = service.output().match(/\{"level".*\}/g) ?? [];
    assert.equal(said.filter((line) => /refusing requests/.test(line)).length, 1, said.join('\n'));
    assert.equal(said.filter((line) => /"stack"/.test(line)).length, 0);
  });
});

describe('a service that holds too much memory', () => {
  it('refuses while it does, answers its probes, and serves again', async () => {
    await using service = await startWith(HOLD, { MAX_MEMORY_MB: '300' });
    assert.equal((await list(service)).status, 200);
    await signalUntil(service, 'holding');
    let refused = await list(service);
    while (refused.status === 200) refused = await list(service);
    await assertRefused(refused, /^expected at most 300 MB of memory in use; got \d+ MB$/);
    assert.equal((await fetch(`${service.origin}/health`)).status, 200);
    await signalUntil(service, 'released');
    await untilServed(service);
  });
});
