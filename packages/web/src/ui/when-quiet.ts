/** Until it looks again whether the pictures are there, in milliseconds. */
const AGAIN_MS = 250;

/** Calls `work` once the grid's pictures are there and the browser is idle. Returns how to call it off. */
export function whenQuiet(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let idle: number | undefined;
  const look = (): void => {
    const images = [...document.querySelectorAll<HTMLImageElement>('[data-image] img')];
    const isQuiet = images.length > 0 && images.every(({ complete }) => complete);
    if (!isQuiet) timer = setTimeout(look, AGAIN_MS);
    else if ('requestIdleCallback' in globalThis) idle = requestIdleCallback(work);
    else work(); // Safari
  };
  look();
  return () => {
    clearTimeout(timer);
    if (idle !== undefined) cancelIdleCallback(idle);
  };
}
