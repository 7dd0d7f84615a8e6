/**
 * Ends the process. `process.exit` waits for threads that look names up, and a name server that doesn't answer holds them for a minute:
 * then a signal ends the process, after the listeners of `exit`.
 */
export function endProcess(exitCode: 0 | 1): never {
  process.once('exit', () => {
    if (!process.getActiveResourcesInfo().includes('GetAddrInfoReqWrap')) return;
    process.removeAllListeners('SIGTERM');
    process.kill(process.pid, exitCode === 0 ? 'SIGTERM' : 'SIGKILL'); // supervisors take SIGTERM for a clean end
  });
  process.exit(exitCode);
}
