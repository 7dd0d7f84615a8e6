/** A clock that is `offsetMs` ahead of the system's, for both waits and dates. */
export function movingClock() {
  const clock = {
    offsetMs: 0,
    now: () => new Date(Date.now() + clock.offsetMs),
    elapsedMs: () => performance.now() + clock.offsetMs,
  };
  return clock;
}
