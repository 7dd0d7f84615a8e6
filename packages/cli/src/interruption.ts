import { EXIT } from './exit-code.ts';

/** Ctrl-C and SIGTERM: the first ends the work in an orderly way, the second at once. */
export interface Interruption {
  /** Aborted by the first. */
  readonly signal: AbortSignal;
}

export function listenForInterruption(say: (text: string) => void): Interruption {
  const stopping = new AbortController();
  const interrupt = (): void => {
    if (stopping.signal.aborted) process.exit(EXIT.interrupted);
    stopping.abort();
    say('Stopping. Press Ctrl-C again to stop at once.');
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return { signal: stopping.signal };
}
