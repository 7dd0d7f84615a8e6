import packageJson from '../../package.json' with { type: 'json' };
import type { Config } from '../config/config.ts';
import { ROUTE_TEMPLATES } from '../http/app.ts';
import type { Services } from '../services.ts';
import { openTelemetry, type Telemetry, type WatchedProcess } from '../telemetry/telemetry.ts';
import type { Configured } from './compose-process.ts';

/** Before anything is composed: a taken port stops the start at once. Errors: `unavailable`, with a sentence. */
export const openProcessTelemetry = (
  { config, logger }: Configured,
  program: 'serve' | 'work',
): Promise<Telemetry> =>
  openTelemetry(config.telemetry, {
    program,
    sets: { routes: ROUTE_TEMPLATES, gates: gateNames(config) },
    version: packageJson.version,
    warn: (sentence) => logger.warn(sentence),
  });

const gateNames = ({ clamd, httpGates }: Config): readonly string[] => [
  ...(clamd ? ['clamd'] : []),
  ...httpGates.map(({ name }) => name),
];

/** What metrics show of composed services. */
export const watchedServices = ({ imaging, diskSpace }: Pick<Services, 'imaging' | 'diskSpace'>): WatchedProcess => ({
  decoders: () => imaging.load(),
  confinement: () => imaging.confinement().level,
  disk: () => diskSpace.fullest(),
});
