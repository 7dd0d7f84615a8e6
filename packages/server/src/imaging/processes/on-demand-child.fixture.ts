import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import sharp from 'sharp';
import { restrictDecoder } from '../open-picture.ts';
import { serveJobs } from './serve-jobs.ts';

/** For tests of the pool: a real child process that behaves as its job requests. */
export type OnDemandJob =
  | { readonly do: 'tell-pid' }
  | { readonly do: 'tell-environment' }
  | { readonly do: 'take'; readonly milliseconds: number }
  /** Adds a line to `file`. */
  | { readonly do: 'note'; readonly line: string; readonly file: string }
  /** Writes its output, and adds a byte to `tally`. */
  | { readonly do: 'make'; readonly output: string; readonly tally: string }
  | { readonly do: 'throw' }
  /** Adds a byte to `tally` first, if given. */
  | { readonly do: 'crash'; readonly tally?: string }
  /** Ends when the job whose `mine` is this one's `other` runs too. */
  | { readonly do: 'meet'; readonly mine: string; readonly other: string }
  /** Writes its process id to `marker`, then never returns to its event loop. */
  | { readonly do: 'hang'; readonly marker: string }
  /** Allocates and keeps memory, 16 MB every few milliseconds: up to `megabytes`, or without end. */
  | { readonly do: 'fill'; readonly megabytes: number }
  /** Keeps a core busy without end, after its answer. */
  | { readonly do: 'burn-afterwards' }
  /** Keeps a core busy for this long. */
  | { readonly do: 'burn'; readonly milliseconds: number }
  /** Uses this much CPU time, however long that takes. */
  | { readonly do: 'spend'; readonly milliseconds: number }
  | { readonly do: 'load'; readonly path: string };

const kept: Buffer[] = [];
const SPENT = Buffer.alloc(100_000);

serveJobs<OnDemandJob>(async (job) => {
  switch (job.do) {
    case 'tell-pid':
      return process.pid;
    case 'tell-environment':
      return process.env;
    case 'take':
      return setTimeout(job.milliseconds, 'taken');
    case 'note':
      return appendFileSync(job.file, `${job.line}\n`);
    case 'make':
      writeFileSync(job.output, 'made');
      return appendFileSync(job.tally, '.');
    case 'throw':
      throw new Error('on demand');
    case 'crash':
      if (job.tally) appendFileSync(job.tally, '.');
      return process.kill(process.pid, 'SIGKILL');
    case 'meet':
      writeFileSync(job.mine, '');
      while (!existsSync(job.other)) await setTimeout(5);
      return process.pid;
    case 'hang':
      writeFileSync(job.marker, String(process.pid));
      for (;;);
    case 'fill':
      for (let filled = 0; filled < job.megabytes; filled += 16) {
        kept.push(Buffer.alloc(16 * 1_048_576, 1));
        await setTimeout(5);
      }
      return process.pid;
    case 'burn':
      for (const end = Date.now() + job.milliseconds; Date.now() < end; );
      return process.pid;
    case 'spend':
      // Hashes between the looks, each of which costs the system more than the process.
      for (const before = process.cpuUsage(); process.cpuUsage(before).user < job.milliseconds * 1000; )
        createHash('sha256').update(SPENT).digest();
      return process.pid;
    case 'burn-afterwards':
      setImmediate(() => {
        for (;;);
      });
      return process.pid;
    case 'load':
      restrictDecoder();
      return sharp(job.path)
        .metadata()
        .then(
          ({ format }) => format,
          () => 'refused',
        );
  }
});
