import type { Awaitable } from '../../domain/awaitable.ts';
import type { RouteContext } from '../route.ts';

/** Runs before a request's route: it may set values, throw, or answer. */
export type Step = (c: RouteContext) => Awaitable<Response | undefined>;
