import { explain, type SafelightError } from '@safelight/client';
import { useEffect } from 'react';
import { Button } from '../ui/button.tsx';
import style from './connection-banner.module.css';

interface BannerProps {
  readonly error: SafelightError;
  readonly onRetry: () => void;
}

/** Each request has retried for half a minute by itself before. */
const RETRY_MS = 10_000;

/** Says that pictures couldn't be loaded, and tries again by itself. */
export function ConnectionBanner({ error, onRetry }: BannerProps) {
  // A new error, as of a retry that failed, begins to wait again.
  useEffect(() => {
    const waiting = setTimeout(onRetry, Math.max(RETRY_MS, (error.retryAfter ?? 0) * 1_000));
    return () => clearTimeout(waiting);
  }, [error, onRetry]);
  return (
    <div className={style['banner']} role="alert">
      <span>{textOf(error)}</span>
      <Button onClick={onRetry}>Retry</Button>
    </div>
  );
}

function textOf(error: SafelightError): string {
  if (error.code !== 'network') return explain(error);
  return navigator.onLine ? "The service doesn't answer." : "You're offline.";
}
