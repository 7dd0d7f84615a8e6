import { AppError } from '../../domain/errors.ts';
import { isHealthPath } from '../health-path.ts';
import type { Step } from './step.ts';

/** Why the process can take no more just now, as "expected ...; came ..."; undefined while it can. Asked by every request. */
export type Pressure = () => string | undefined;

/** Refuses before anything costly is begun: what waits longer than its client does is work for nobody. */
export const pressureGuard =
  (pressure: Pressure): Step =>
  (c) => {
    const reason = pressure();
    if (reason !== undefined && !isHealthPath(c.req.path)) throw new AppError('unavailable', reason);
  };
