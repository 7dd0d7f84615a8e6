import { AsyncLocalStorage } from 'node:async_hooks';

/** Runs what outlives the request that starts it: its calls are no part of the request's trace. */
export const outsideTraces = AsyncLocalStorage.snapshot();
