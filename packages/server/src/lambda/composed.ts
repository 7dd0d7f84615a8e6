import { type Composition, compose } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { misspelledVariables } from '../config/misspelled-variables.ts';
import { logEvents } from '../log/event-log.ts';
import { createLogger, type Logger } from '../log/logger.ts';
import { type Caller, functionConfig } from './function-config.ts';

/** The state of a function instance. An instance gets no notice of its end. */
export interface Instance {
  readonly config: Config;
  readonly composition: Composition;
  readonly logger: Logger;
}

/**
 * Created once per instance, before its first event. The instance may be frozen after any answer: the SDK replaces connections that
 * died meanwhile, and the claims of interrupted background work lapse (operations/uploads/claim.ts).
 */
export async function composed(caller: Caller): Promise<Instance> {
  const { config, secrets } = functionConfig(process.env, caller);
  const format = config.logFormat === 'auto' ? 'json' : config.logFormat;
  const logger = await createLogger({ level: config.logLevel, format });
  for (const sentence of misspelledVariables(process.env)) logger.warn(sentence);
  const composition = await compose(config, secrets, { observe: logEvents(logger) });
  return { config, composition, logger };
}
