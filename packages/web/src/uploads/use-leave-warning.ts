import { useEffect, useRef } from 'react';

/** The browser asks before the page is left, if something would be lost. */
export function useLeaveWarning(wouldLose: () => boolean): void {
  const latest = useRef(wouldLose);
  latest.current = wouldLose;
  useEffect(() => {
    const onLeave = (event: Event): void => {
      if (latest.current()) event.preventDefault();
    };
    addEventListener('beforeunload', onLeave);
    return () => removeEventListener('beforeunload', onLeave);
  }, []);
}
