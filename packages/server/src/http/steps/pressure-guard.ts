import { AppError } from '../../domain/errors.ts';
import type { Logger } from '../../observe/log/logger.ts';
import { createRepeatedCauses } from '../../observe/log/repeated-causes.ts';
import { answerOf } from '../answers/problem-answer.ts';
import { isHealthPath } from '../request/health-path.ts';
import type { Step } from './step.ts';

/**
 * The reason why the process can't take more work now, as "expected ...; got ..."; undefined if it can. Called for
 * every request.
 */
export type Pressure = () => string | undefined;

/** The reason of its refusals: `unavailable` has others too. */
export const PRESSURE = 'pressure';

/** Refuses before expensive work starts: an answer after the client's timeout is wasted. */
export const pressureGuard = (pressure: Pressure, logger: Logger): Step => {
  const causes = createRepeatedCauses(); // one line per request would add to the pressure
  return (c) => {
    const reason = pressure();
    if (reason === undefined || isHealthPath(c.req.path)) return undefined;
    const tell = ({ repeated }: { readonly repeated?: number }): void =>
      logger.error({ reason, repeated }, 'refusing requests');
    if (causes.isFirst({ key: '', group: PRESSURE, tell })) tell({});
    return answerOf(c, new AppError('unavailable', reason, { reason: PRESSURE }));
  };
};
