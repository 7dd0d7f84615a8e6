import { existsSync } from 'node:fs';
import { type Composition, compose } from '../compose.ts';
import { type Config, loadConfig, type Secrets } from '../config/config.ts';
import { misspelledVariables } from '../config/misspelled-variables.ts';
import { logEvents } from '../log/event-log.ts';
import { createLogger, type Logger } from '../log/logger.ts';
import { closeDataFolder } from './data-folder.ts';
import { requireOriginals } from './require-originals.ts';

export interface Configured {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly logger: Logger;
}

/** The environment, completed by a file .env. Errors: `ConfigError`. */
export async function configured(): Promise<Configured> {
  if (existsSync('.env')) process.loadEnvFile('.env');
  const { config, secrets } = loadConfig(process.env);
  const format = config.logFormat === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : config.logFormat;
  const logger = await createLogger({ level: config.logLevel, format });
  for (const sentence of misspelledVariables(process.env)) logger.warn(sentence);
  return { config, secrets, logger };
}

/**
 * The services of a process, with events in its log. Errors: those of `compose`, and `ConfigError` if the objects belong to other
 * records.
 */
export async function composed({ config, secrets, logger }: Configured): Promise<Composition> {
  const openFolder = closeDataFolder(config.dataDir);
  if (openFolder !== undefined) logger.warn(openFolder);
  const composition = await compose(config, secrets, {
    observe: logEvents(logger),
  });
  try {
    await requireOriginals(composition.services, { config, logger });
  } catch (error) {
    await composition[Symbol.asyncDispose]();
    throw error;
  }
  return composition;
}
