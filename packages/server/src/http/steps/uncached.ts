import { addHeaders, NO_STORE } from '../answers/answer.ts';
import type { Step } from './step.ts';

/** No cache keeps an answer, unless a route says otherwise. This also holds if a later step answers first. */
export const uncached = (): Step => (c) => {
  addHeaders(c, NO_STORE);
  return undefined;
};
