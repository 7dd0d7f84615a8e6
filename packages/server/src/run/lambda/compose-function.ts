import { logEvents } from '../../observe/log/event-log.ts';
import { createLogger, type Logger } from '../../observe/log/logger.ts';
import { createWholeLines } from '../../observe/log/whole-lines.ts';
import { fanOut } from '../../observe/observer/fan-out.ts';
import { createEmf, type Emf, NO_EMF } from '../../observe/telemetry/emf/emf.ts';
import { checkCounted } from '../../operations/checks/check-counted.ts';
import { checkFilters } from '../../operations/checks/check-filters.ts';
import { checkKeyUsers } from '../../operations/checks/check-key-users.ts';
import { type Composition, compose } from '../compose/compose.ts';
import type { Config } from '../config/config.ts';
import { misspelledVariables } from '../config/misspelled-variables.ts';
import { neverCounted, STOPPED_COUNTING } from '../config/never-counted.ts';
import { ignoredOnLambda, unreadTelemetryVariables } from '../config/telemetry/unread-variables.ts';
import { type Caller, functionConfig } from './function-config.ts';

/** Lives as long as an instance of the function. The end of an instance isn't announced. */
export interface Instance {
  readonly config: Config;
  readonly composition: Composition;
  readonly logger: Logger;
  readonly emf: Emf;
}

/**
 * Called once per instance, before its first event. Lambda may freeze the instance after any answer: the SDK replaces
 * connections that died meanwhile, claims of unfinished work lapse (operations/uploads/claim.ts), and each line of the
 * log is written at once.
 */
export async function composeFunction(caller: Caller): Promise<Instance> {
  const { config, secrets } = functionConfig(process.env, caller);
  const format = config.logFormat === 'auto' ? 'json' : config.logFormat;
  const logger = await createLogger({ level: config.logLevel, format, writesAtOnce: true });
  const warnings = [
    ...misspelledVariables(process.env),
    ...unreadTelemetryVariables(process.env),
    ...ignoredOnLambda(config.telemetry),
  ];
  for (const sentence of warnings) logger.warn(sentence);
  const emf = emfOf(config);
  const log = logEvents(logger);
  const composition = await compose(config, secrets, { observe: fanOut([log.listener, emf.listener]) });
  const counted = await checkCounted(composition.services);
  if (counted === 'never-counted') throw neverCounted();
  if (counted === 'stopped') logger.warn(STOPPED_COUNTING);
  if (caller === 'clients') {
    await checkFilters(composition.services); // workers follow
    if (config.auth.includes('api-key')) await checkKeyUsers(composition.services);
  }
  const invocation: Emf['invocation'] = (work) => emf.invocation(work).finally(log.flush); // then the instance may freeze
  return { config, composition, logger, emf: { ...emf, invocation } };
}

/** On raw standard output: CloudWatch ignores a metric inside a line of the logger. */
const emfOf = ({ lambdaMetrics: namespace }: Config): Emf =>
  namespace === null ? NO_EMF : createEmf({ namespace, now: () => new Date(), write: createWholeLines() });
