import type { Clock } from '../../services.ts';

export const SYSTEM_CLOCK: Clock = { now: () => new Date(), elapsedMs: () => performance.now() };
