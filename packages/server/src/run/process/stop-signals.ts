import { whenNpmIsGone } from './npm-parent.js';

/** One Ctrl-C arrives twice under npm: from the terminal, and passed on. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Calls `stop` on the first signal, or when the npm that started this process has ended. A second signal ends the
 * process at once.
 */
export function onStopSignal(stop: (reason: string) => Promise<void>): void {
  let stoppingSince: number | undefined;
  const asked = (signal: string): void => {
    if (stoppingSince === undefined) {
      stoppingSince = performance.now();
      void stop(signal);
    } else if (performance.now() - stoppingSince > SAME_SIGNAL_MS) {
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => asked(signal));
  whenNpmIsGone(() => {
    if (stoppingSince === undefined) asked('npm has ended'); // a signal to all of them ends npm first
  });
}

/**
 * Ends the process. `process.exit` waits for threads that look names up, and a name server that doesn't answer holds
 * them for a minute: then a signal ends the process, after the listeners of `exit`.
 */
export function endProcess(exitCode: 0 | 1): never {
  process.once('exit', () => {
    if (!process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')) return;
    process.removeAllListeners('SIGTERM');
    process.kill(process.pid, exitCode === 0 ? 'SIGTERM' : 'SIGKILL'); // supervisors take SIGTERM for a clean end
  });
  process.exit(exitCode);
}
