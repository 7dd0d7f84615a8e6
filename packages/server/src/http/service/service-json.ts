import type * as z from 'zod';
import { canonicalTransform } from '../../domain/rendition/transform-parameters.ts';
import { VERSION } from '../../observe/version.ts';
import type { Degradable } from '../../operations/checks/check-readiness.ts';
import type { Services } from '../../services.ts';
import { imageTypesJson } from '../answers/image-types.ts';
import { type Capabilities, type health, type index, NAMES, type readiness } from './service-answers.ts';

/** The settings that the service tells. */
export type ToldSettings = Pick<
  Services['settings'],
  | 'maxUploadBytes'
  | 'maxDirectUploadBytes'
  | 'maxPixels'
  | 'presignedSeconds'
  | 'redirectsBytes'
  | 'trashDays'
  | 'presets'
  | 'presetsOnly'
>;

/** The service, its version and its limits. */
export const serviceJson = (
  {
    maxUploadBytes,
    maxDirectUploadBytes,
    maxPixels,
    presignedSeconds,
    redirectsBytes,
    trashDays,
    presets,
    presetsOnly,
  }: ToldSettings,
  capabilities: Capabilities,
  {
    decoders,
    search,
    taken,
    events,
    gates,
    ingest,
  }: Pick<z.input<typeof index>, 'decoders' | 'search' | 'taken' | 'events' | 'gates' | 'ingest'>,
): z.input<typeof index> => ({
  status: 'running',
  name: 'safelight',
  version: VERSION,
  limits: {
    max_upload_bytes: maxUploadBytes,
    max_direct_upload_bytes: maxDirectUploadBytes,
    presigned_seconds: presignedSeconds,
  },
  image_types: imageTypesJson({ maxPixels }),
  bytes: redirectsBytes ? 'redirect' : 'stream',
  search,
  taken,
  events,
  trash_days: trashDays,
  gates,
  ingest,
  presets: Object.fromEntries([...presets].map(([name, transform]) => [name, canonicalTransform(transform)])),
  presets_only: presetsOnly,
  decoders,
  store: { lacks: lackedBy(capabilities) },
});

const lackedBy = (capabilities: Capabilities) =>
  (Object.keys(NAMES) as (keyof Capabilities)[]).filter((one) => !capabilities[one]).map((one) => NAMES[one]);

export const OK = { status: 'ok' } satisfies z.input<typeof health>;

export const readinessJson = (degraded: readonly Degradable[]): z.input<typeof readiness> =>
  degraded.length === 0 ? READY : { status: 'degraded', parts: [...degraded] };

const READY = { status: 'ok' } satisfies z.input<typeof readiness>;
