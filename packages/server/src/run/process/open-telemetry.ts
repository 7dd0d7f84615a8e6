import { ROUTE_TEMPLATES } from '../../http/app.ts';
import { withoutSecrets } from '../../observe/log/logged-error.ts';
import { openTelemetry, type Telemetry, type WatchedProcess } from '../../observe/telemetry/telemetry.ts';
import { BUILD } from '../../observe/version.ts';
import type { Services } from '../../services.ts';
import type { Composition } from '../compose/compose.ts';
import type { Config } from '../config/config.ts';
import type { Configured } from './compose-process.ts';

/** Before anything is composed: a taken port stops the start at once. Errors: `unavailable`, with a sentence. */
export function openProcessTelemetry({ config, logger }: Configured, program: 'serve' | 'work'): Promise<Telemetry> {
  const { otlpEndpoint } = config.telemetry ?? {};
  if (otlpEndpoint) process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = otlpEndpoint; // the packages take localhost for one with spaces around it
  return openTelemetry(config.telemetry, {
    program,
    sets: { routes: ROUTE_TEMPLATES, gates: gateNames(config) },
    version: BUILD,
    warn: (sentence) => logger.warn(withoutSecrets(sentence)),
  });
}

type Watched = Pick<Composition, 'connections'> & {
  readonly services: Pick<Services, 'imaging' | 'diskSpace' | 'clockOffsets'>;
};

const gateNames = ({ clamd, httpGates }: Config): readonly string[] => [
  ...(clamd ? ['clamd'] : []),
  ...httpGates.map(({ name }) => name),
];

/** What metrics show of composed services. */
export const watchedServices = ({
  services: { imaging, diskSpace, clockOffsets },
  connections,
}: Watched): WatchedProcess => ({
  decoders: () => imaging.load(),
  confinement: () => imaging.confinement().level,
  clockOffsets: () => clockOffsets.read(),
  connections,
  disk: () => diskSpace.fullest(),
});
