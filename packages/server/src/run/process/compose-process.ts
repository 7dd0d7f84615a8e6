import { logEvents } from '../../observe/log/event-log.ts';
import { createLogger, type Logger } from '../../observe/log/logger.ts';
import { fanOut } from '../../observe/observer/fan-out.ts';
import type { Telemetry } from '../../observe/telemetry/telemetry.ts';
import { checkCounted } from '../../operations/checks/check-counted.ts';
import { checkFilters } from '../../operations/checks/check-filters.ts';
import { type Composition, compose } from '../compose/compose.ts';
import { earlyConfinement } from '../compose/early-confinement.ts';
import { type Config, loadConfig, type Secrets } from '../config/config.ts';
import { misspelledVariables, unusedEndpoint } from '../config/misspelled-variables.ts';
import { neverCounted, STOPPED_COUNTING } from '../config/never-counted.ts';
import { unreadableAttributes, unreadTelemetryVariables } from '../config/telemetry/unread-variables.ts';
import { closeDataFolder } from './data-folder.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { requireOriginals } from './require-originals.ts';

export interface Configured {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly logger: Logger;
}

/** Reads the environment, and `.env` for variables that it lacks. Errors: `ConfigError`. */
export async function configured(): Promise<Configured> {
  const ofFile = readEnvironmentFile();
  const { config, secrets } = loadConfig(process.env);
  const format = config.logFormat === 'auto' ? (process.stdout.isTTY ? 'pretty' : 'json') : config.logFormat;
  const logger = await createLogger({ level: config.logLevel, format });
  const { env } = process;
  const ofTelemetry = config.telemetry ? unreadableAttributes(env) : [];
  for (const sentence of [
    ...misspelledVariables(env),
    ...unreadTelemetryVariables(env),
    ...ofTelemetry,
    ...unusedEndpoint(env),
    ...ofFile,
  ])
    logger.warn(sentence);
  return { config, secrets, logger };
}

/**
 * The services of a process, whose events are logged and counted. Errors: those of `compose`, and `ConfigError` if the
 * objects belong to other records, or usage was never added up.
 */
export async function composeProcess(
  { config, secrets, logger }: Configured,
  { listener, tracing }: Pick<Telemetry, 'listener' | 'tracing'>,
  { answersLists }: { readonly answersLists: boolean },
): Promise<Composition> {
  const openFolder = closeDataFolder(config.dataDir);
  if (openFolder !== undefined) logger.warn(openFolder);
  const log = logEvents(logger);
  const composed = await compose(config, secrets, {
    observe: fanOut([log.listener, listener]),
    tracing,
    confinement: earlyConfinement(),
  });
  const composition: Composition = {
    ...composed,
    async [Symbol.asyncDispose]() {
      await composed[Symbol.asyncDispose]();
      log.flush();
    },
  };
  try {
    const counted = await checkCounted(composition.services);
    if (counted === 'never-counted') throw neverCounted();
    if (counted === 'stopped') logger.warn(STOPPED_COUNTING);
    if (answersLists) await checkFilters(composition.services); // workers follow
    await requireOriginals(composition.services, { config, logger });
  } catch (error) {
    await composition[Symbol.asyncDispose]();
    throw error;
  }
  return composition;
}
