import { explain, type SafelightError } from '@safelight/client';
import { useEffect, useSyncExternalStore } from 'react';
import style from '../ui/banner.module.css';
import { Button } from '../ui/button.tsx';

interface BannerProps {
  readonly error: SafelightError | undefined;
  readonly onRetry: () => void;
}

/** Each request has retried by itself before. */
const RETRY_MS = 10_000;

/** Says that pictures can't be loaded, and tries again by itself. Online again, the library tries at once. */
export function ConnectionBanner({ error, onRetry }: BannerProps) {
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  // A new error, as of a retry that failed, begins to wait again.
  useEffect(() => {
    if (!error || !isOnline) return;
    const waiting = setTimeout(onRetry, Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1_000));
    return () => clearTimeout(waiting);
  }, [error, isOnline, onRetry]);
  const text = isOnline ? error && textOf(error) : "You're offline.";
  return (
    <div role="status">
      {text && (
        <div className={style['banner']}>
          <span>{text}</span>
          <Button onClick={onRetry}>Retry</Button>
        </div>
      )}
    </div>
  );
}

function textOf(error: SafelightError): string | undefined {
  if (error.code === 'no-token') return undefined; // <SignedOut> says it
  return error.code === 'network' ? "The service doesn't answer." : explain(error);
}

function subscribe(listener: () => void): () => void {
  const events = ['online', 'offline'];
  for (const event of events) addEventListener(event, listener);
  return () => {
    for (const event of events) removeEventListener(event, listener);
  };
}
