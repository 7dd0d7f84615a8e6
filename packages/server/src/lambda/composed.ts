import { type Composition, compose } from '../compose.ts';
import type { Config } from '../config/config.ts';
import { misspelledVariables } from '../config/misspelled-variables.ts';
import { logEvents } from '../log/event-log.ts';
import { createLogger, type Logger } from '../log/logger.ts';
import { type Caller, functionConfig } from './function-config.ts';

/** What an instance of a function has from its start to its end, which nobody tells it of. */
export interface Instance {
  readonly config: Config;
  readonly composition: Composition;
  readonly logger: Logger;
}

/**
 * Once in an instance, before its first event. It may be frozen after any answer: connections that died meanwhile are made
 * anew by the SDK, and work that went on behind an answer is work whose claim lapses (operations/uploads/claim.ts).
 */
export async function composed(caller: Caller): Promise<Instance> {
  const { config, secrets } = functionConfig(process.env, caller);
  const format = config.logFormat === 'auto' ? 'json' : config.logFormat;
  const logger = await createLogger({ level: config.logLevel, format });
  for (const sentence of misspelledVariables(process.env)) logger.warn(sentence);
  const composition = await compose(config, secrets, { observe: logEvents(logger) });
  return { config, composition, logger };
}
