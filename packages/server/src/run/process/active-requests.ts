import type { RequestListener } from 'node:http';

/** Requests that `handle` has, and whose answer has not ended. */
export interface ActiveRequests {
  readonly handle: RequestListener;
  count(): number;
}

export function countActive(handle: RequestListener): ActiveRequests {
  let active = 0;
  const end = (): void => {
    active -= 1;
  };
  return {
    handle(incoming, outgoing) {
      active += 1;
      outgoing.once('close', end);
      handle(incoming, outgoing);
    },
    count: () => active,
  };
}
