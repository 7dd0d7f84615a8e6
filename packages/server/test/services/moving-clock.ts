/** A clock that runs as the system's, `offsetMs` ahead: time passes for waits and for dates alike. */
export function movingClock() {
  const clock = {
    offsetMs: 0,
    now: () => new Date(Date.now() + clock.offsetMs),
    elapsedMs: () => performance.now() + clock.offsetMs,
  };
  return clock;
}
