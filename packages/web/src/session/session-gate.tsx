import { type ReactNode, useEffect, useState } from 'react';
import { type AppInfo, loadAppInfo } from './app-info.ts';
import { ClosedSession } from './closed-session.tsx';
import { OpenSession } from './open-session.tsx';
import { Unreachable } from './unreachable.tsx';

/** How long the page stays empty while the service doesn't answer. */
const LONGEST_MS = 10_000;

/** Shows its children once it is known who is here. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const [info, setInfo] = useState<AppInfo | 'unreachable'>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt loads again.
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    loadAppInfo(AbortSignal.any([signal, AbortSignal.timeout(LONGEST_MS)])).then(setInfo, () => {
      if (!signal.aborted) setInfo('unreachable');
    });
    return () => controller.abort();
  }, [attempt]);
  if (info === undefined) return null;
  if (info === 'unreachable') return <Unreachable onRetry={() => setAttempt((last) => last + 1)} />;
  if (info.auth.length === 0) return <OpenSession info={info}>{children}</OpenSession>;
  return <ClosedSession info={info}>{children}</ClosedSession>;
}
