import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrograms, type Programs } from './programs.ts';

export interface InFolderOptions<Started> {
  /** The server's name, for the folder and for messages. */
  readonly name: string;
  readonly deadlineMs: number;
  readonly start: (programs: Programs, folder: string) => Promise<Started>;
}

/** Starts a server whose programs run in a temporary folder, which is removed with them. */
export interface InFolder<Started> {
  readonly started: Started;
  /** The folder of its files; after it has stopped, empty or with its logs. */
  readonly folder: string;
  /** Keeps the logs if the caller's work failed or a program crashed, and returns the folder. */
  stop(outcome: 'passed' | 'failed'): Promise<string | undefined>;
}

export async function startInFolder<Started>(options: InFolderOptions<Started>): Promise<InFolder<Started>> {
  const { name, deadlineMs, start } = options;
  const folder = await mkdtemp(join(tmpdir(), `safelight-${name.toLowerCase()}-`));
  const programs = createPrograms(folder, AbortSignal.timeout(deadlineMs));

  function clear(outcome: 'passed' | 'failed'): string | undefined {
    if (outcome === 'passed' && programs.lost().length === 0) {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      return undefined;
    }
    for (const file of readdirSync(folder).filter((one) => !/\.(log|out|conf)$/.test(one))) {
      rmSync(join(folder, file), { recursive: true, force: true, maxRetries: 5 });
    }
    return folder;
  }
  const clearAtExit = (exitCode: number) => {
    programs.kill();
    clear(exitCode === 0 ? 'passed' : 'failed');
  };
  process.on('exit', clearAtExit);

  let stopping: Promise<string | undefined> | undefined;
  const stop = (outcome: 'passed' | 'failed') => {
    stopping ??= (async () => {
      programs.kill();
      await programs.ended();
      process.off('exit', clearAtExit);
      return clear(outcome);
    })();
    return stopping;
  };

  try {
    return { started: await start(programs, folder), folder, stop };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${name} did not start: ${reason}; its logs: ${await stop('failed')}`, { cause });
  }
}
