const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

export function inBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1);
  return `${power === 0 ? bytes : (bytes / 1_024 ** power).toFixed(1)} ${UNITS[power]}`;
}

const TOLD_EACH_MS = 2_000;

/** Tells progress on a terminal, at most every two seconds: cron would mail it. */
export function onTerminal<Progress>(inWords: (progress: Progress) => string): (progress: Progress) => void {
  if (!process.stderr.isTTY) return () => undefined;
  let toldAt = performance.now();
  return (progress) => {
    if (performance.now() - toldAt < TOLD_EACH_MS) return;
    toldAt = performance.now();
    console.error(inWords(progress));
  };
}
