import type { Reply } from './decode-process.ts';

/** The child's side of `startDecodeProcess`: one job after the other, until the parent is gone. */
export function serveJobs<Job>(handle: (job: Job) => Promise<unknown>): void {
  if (!process.connected) end();
  process.on('disconnect', end);
  // A Ctrl-C or a stop of the whole group reaches children too; the service still drains its jobs and ends us itself.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

  process.on('message', async (job) => {
    say({ kind: 'started' });
    try {
      say({ kind: 'done', result: await handle(job as Job) });
    } catch (error) {
      say({ kind: 'failed', systemCode: systemCodeOf(error), message: String(error) });
    }
  });
  say({ kind: 'ready' });
}

/** Of an error that a system call caused. */
const systemCodeOf = (error: unknown): string | null =>
  error instanceof Error && 'syscall' in error && 'code' in error ? String(error.code) : null;

const say = (reply: Reply<unknown>): void => {
  process.send?.(reply);
};

/** `process.exit` would wait for the thread a hung decode sits in. */
const end = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
