/** Until it looks again whether the pictures are there, in milliseconds. */
const AGAIN_MS = 250;
/** No longer than so: there may be no pictures, or a slow connection. */
const AT_LAST_MS = 5_000;

/** Calls `work` once the grid's pictures are there and the browser is idle. Returns how to call it off. */
export function whenQuiet(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let idle: number | undefined;
  const stop = (): void => {
    clearTimeout(timer);
    clearTimeout(last);
    if (idle !== undefined) cancelIdleCallback(idle);
  };
  const begin = (): void => {
    stop();
    work();
  };
  const last = setTimeout(begin, AT_LAST_MS);
  const look = (): void => {
    const images = [...document.querySelectorAll<HTMLImageElement>('[data-image] img')];
    const isQuiet = images.length > 0 && images.every(({ complete }) => complete);
    if (!isQuiet) timer = setTimeout(look, AGAIN_MS);
    else if ('requestIdleCallback' in globalThis) idle = requestIdleCallback(begin);
    else begin(); // Safari
  };
  look();
  return stop;
}
