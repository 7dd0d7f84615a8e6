import { AppError } from '../../domain/errors.ts';
import type { Logger } from '../../logger.ts';
import { isHealthPath } from '../health-path.ts';
import { answerOf } from '../problem-answer.ts';
import type { Step } from './step.ts';

/** Why the process can take no more just now, as "expected ...; got ..."; undefined while it can. Asked by every request. */
export type Pressure = () => string | undefined;

/** Between two lines that say why: a line with each request would add to the pressure. */
const QUIET_MS = 1_000;

/** Refuses before anything costly is begun: what waits longer than its client does is work for nobody. */
export const pressureGuard = (pressure: Pressure, logger: Logger): Step => {
  let toldAt = -Infinity;
  return (c) => {
    const reason = pressure();
    if (reason === undefined || isHealthPath(c.req.path)) return undefined;
    const now = performance.now();
    if (now - toldAt > QUIET_MS) {
      toldAt = now;
      logger.error({ reason }, 'refusing requests');
    }
    return answerOf(c, new AppError('unavailable', reason));
  };
};
