import type { Uploader } from '@safelight/client';

/** The name that this browser keeps a pause under; docs/gallery.md says what a sign-out forgets. */
export const pauseKey = (name: string): string => `safelight-paused ${name}`;

/**
 * Every tab takes uploads from the queue of this name: a pause holds for all of them, also for those that open when
 * none is left.
 */
export function sharePause(name: string, { pause, resume }: Pick<Uploader, 'pause' | 'resume'>) {
  const key = pauseKey(name);
  const keep = (isPaused: boolean): void => {
    try {
      if (isPaused) localStorage.setItem(key, 'true');
      else localStorage.removeItem(key);
    } catch {
      // Without storage the pause is this tab's, until a reload.
    }
  };
  const onStorage = (event: StorageEvent): void => {
    if (event.key !== key) return;
    if (event.newValue === null) resume();
    else pause();
  };
  addEventListener('storage', onStorage); // of other tabs
  if (isKept(key)) pause();
  return {
    begin(): void {
      pause();
      keep(true);
    },
    end(): void {
      resume();
      keep(false);
    },
    close: (): void => removeEventListener('storage', onStorage),
  };
}

function isKept(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}
