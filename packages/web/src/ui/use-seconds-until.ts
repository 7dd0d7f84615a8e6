import { useEffect, useState } from 'react';

/** The seconds until a time of `performance.now()`, counted down to 0; undefined without a time. */
export function useSecondsUntil(time: number | undefined): number | undefined {
  const [, tick] = useState(0);
  const left = time === undefined ? undefined : Math.max(0, time - performance.now());
  useEffect(() => {
    if (left === undefined || left === 0) return;
    const timer = setTimeout(() => tick((count) => count + 1), left % 1_000 || 1_000);
    return () => clearTimeout(timer);
  });
  return left === undefined ? undefined : Math.ceil(left / 1_000);
}
