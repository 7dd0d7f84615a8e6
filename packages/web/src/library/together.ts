/** Milliseconds. */
const TOGETHER_MS = 1_000;

/** Does once what is asked for many times within a second. */
export function together(work: () => void): () => void {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      work();
    }, TOGETHER_MS);
  };
}
