import { setTimeout as delay } from 'node:timers/promises';

/** One request and two repetitions: seconds at most. */
export const ATTEMPTS = 3;

const FIRST_PAUSE_MS = 200;

/** Waits behind the given attempt (from 1) before the next: at random, since many may have failed together. */
export const pauseAfter = (attempt: number): Promise<void> => delay(Math.random() * FIRST_PAUSE_MS * 2 ** attempt);
