import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';

/** Programs that end with this process, however it ends, and log to files in one folder. */
export interface Programs {
  /** Runs a program to its end and returns its standard output. */
  run(command: readonly string[]): Promise<string>;
  /** Starts a long-running program. */
  start(command: readonly string[]): void;
  /** Waits for a condition while all started programs run. */
  until(condition: () => Promise<boolean>): Promise<void>;
  /** Programs that ended unexpectedly. */
  lost(): readonly string[];
  /** Kills all long-running programs. */
  kill(): void;
  /** Halts all long-running programs, as a machine without CPU does, until they go on. */
  halt(): void;
  goOn(): void;
  ended(): Promise<void>;
}

const LOOK_EVERY_MS = 50;

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** `signal` bounds the wait for a program's end and for a condition. */
export function createPrograms(folder: string, signal: AbortSignal): Programs {
  const staying: { name: string; child: ChildProcess }[] = [];
  const wasKilled = (child: ChildProcess): boolean => child.killed && child.signalCode === 'SIGKILL';
  const lost = () => staying.filter(({ child }) => hasEnded(child) && !wasKilled(child)).map(({ name }) => name);

  function spawnMortal([name = '', ...args]: readonly string[], output: 'pipe' | 'log'): ChildProcess {
    const log = openSync(join(folder, `${basename(name)}.out`), 'a');
    try {
      // PR_SET_PDEATHSIG, which Node doesn't support: Linux kills the program even if SIGKILL ends this process.
      return spawn('setpriv', ['--pdeathsig', 'KILL', '--', name, ...args], {
        cwd: folder,
        // this process handles Ctrl-C
        detached: true,
        stdio: ['ignore', output === 'log' ? log : 'pipe', log],
      });
    } finally {
      closeSync(log);
    }
  }

  return {
    async run(command) {
      const child = spawnMortal(command, 'pipe');
      const kill = () => child.kill('SIGKILL');
      signal.addEventListener('abort', kill);
      try {
        const [printed, [exitCode]] = await Promise.all([child.stdout ? text(child.stdout) : '', once(child, 'close')]);
        signal.throwIfAborted();
        if (exitCode !== 0) throw new Error(`expected ${command.join(' ')} to succeed; got exit code ${exitCode}`);
        return printed;
      } finally {
        signal.removeEventListener('abort', kill);
      }
    },

    start(command) {
      const child = spawnMortal(command, 'log');
      // It doesn't keep this process alive.
      child.unref();
      staying.push({ name: basename(command[0] ?? ''), child });
    },

    async until(condition) {
      while (!(await condition())) {
        const gone = lost();
        if (gone.length > 0) throw new Error(`expected ${gone.join(', ')} to stay; got its end`);
        await wait(LOOK_EVERY_MS, undefined, { signal });
      }
    },

    lost,

    kill() {
      for (const { child } of staying) child.kill('SIGKILL');
    },

    halt() {
      for (const { child } of staying) child.kill('SIGSTOP');
    },

    goOn() {
      for (const { child } of staying) child.kill('SIGCONT');
    },

    async ended() {
      for (const { child } of staying) child.ref();
      await Promise.all(staying.map(({ child }) => hasEnded(child) || once(child, 'exit')));
    },
  };
}
