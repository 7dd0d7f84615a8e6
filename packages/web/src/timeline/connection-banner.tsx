import { explain, explainWait, type SafelightError } from '@safelight/client';
import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { useSession } from '../session/session.tsx';
import style from '../ui/banner.module.css';
import { Button } from '../ui/button.tsx';
import { useSecondsUntil } from '../ui/use-seconds-until.ts';

interface BannerProps {
  readonly error: SafelightError | undefined;
  readonly onRetry: () => void;
}

/** Each request has retried by itself before. */
const RETRY_MS = 10_000;
/** While nobody is signed in no request is sent, and who signs in again doesn't wait. */
const SIGNED_OUT_RETRY_MS = 1_000;

/**
 * Says that pictures can't be loaded, or how long the service has asked to wait, and tries again by itself. Online
 * again, the library tries at once.
 */
export function ConnectionBanner({ error, onRetry }: BannerProps) {
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  // A new error, as of a retry that failed, begins to wait again.
  useEffect(() => {
    if (!error || !isOnline) return;
    const least = error.code === 'no-token' ? SIGNED_OUT_RETRY_MS : RETRY_MS;
    const waiting = setTimeout(onRetry, Math.max(least, (error.retryAfter ?? 0) * 1_000));
    return () => clearTimeout(waiting);
  }, [error, isOnline, onRetry]);
  const { waits } = useSession();
  const waitsUntil = useSyncExternalStore(waits.subscribe, waits.until);
  const until = useMemo(() => endOfLimit(error) ?? waitsUntil, [error, waitsUntil]);
  const seconds = useSecondsUntil(until);
  const said = useMemo(() => until && explainWait(Math.ceil((until - performance.now()) / 1_000)), [until]);
  const text = isOnline ? error && textOf(error) : "You're offline.";
  const isWaiting = isOnline && seconds && (!error || error.code === 'rate-limited');
  return (
    <div role="status">
      {isWaiting ? (
        <>
          <span className="visually-hidden">{said}</span>
          <div className={style['banner']} aria-hidden="true">
            <span className={style['wait']}>{explainWait(seconds)}</span>
          </div>
        </>
      ) : (
        text && (
          <div className={style['banner']}>
            <span>{text}</span>
            <Button onClick={onRetry}>Retry</Button>
          </div>
        )
      )}
    </div>
  );
}

/** The end of the window whose requests are used up, as a time of `performance.now()`. */
const endOfLimit = (error: SafelightError | undefined): number | undefined =>
  error?.code === 'rate-limited' && error.retryAfter ? performance.now() + error.retryAfter * 1_000 : undefined;

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
