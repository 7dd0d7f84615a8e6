import type { MaxPixels } from '../../domain/image/media-type.ts';
import { createImaging } from '../../imaging/create-imaging.ts';
import { isLibheifInstalled } from '../../imaging/heic/libheif.ts';
import type { Confinement } from '../../imaging/imaging.ts';
import type { MeasuredConfinement } from '../../imaging/processes/measure-confinement.ts';
import { requireConfinement } from '../../imaging/processes/require-confinement.ts';
import type { Observer } from '../../observe/observer/observer.ts';
import type { Tracing } from '../../observe/observer/tracing.ts';
import type { Config } from '../config/config.ts';

/** The most pixels of new uploads, as far as decoders are installed; 0 for types that aren't decoded. */
export function decodablePixels(
  { maxPixels, decodesHeic }: Pick<Config, 'maxPixels' | 'decodesHeic'>,
  warn: (sentence: string) => void,
): MaxPixels {
  if (decodesHeic && isLibheifInstalled()) return maxPixels;
  if (decodesHeic) warn(NO_LIBHEIF);
  return { ...maxPixels, 'image/heic': 0 };
}

const NO_LIBHEIF =
  'HEIC is refused: the optional package libheif-js is not installed. Install it, or set DECODE_HEIC=off to start without this warning.';

interface DecoderOptions {
  readonly maxPixels: MaxPixels;
  /** The folder of the decoders alone. */
  readonly folder: string;
  readonly observe: Observer;
  readonly tracing: Tracing;
  readonly warn: (sentence: string) => void;
  /** The acceptable levels of confinement. */
  readonly levels: readonly Confinement[] | undefined;
  /** Being measured. */
  readonly confinement: Promise<MeasuredConfinement | undefined> | undefined;
}

/** The share of staging for fetched files, which wait for room; uploads don't wait and get the other half. */
const FETCHED_SHARE = 0.5;

/**
 * The confinement that DECODERS_REQUIRE demands, measured with one decoder. Errors: `unavailable` if this system
 * confines decoders less.
 */
export const requiredConfinement = async ({ decodersRequire }: Config, folder: string) =>
  decodersRequire && (await requireConfinement(decodersRequire, folder));

/** The decoders of a configuration, at least as confined as `required`. */
export function openDecoders(
  config: Config,
  required: Awaited<ReturnType<typeof requiredConfinement>>,
  { maxPixels, folder, observe, tracing, warn, levels, confinement }: DecoderOptions,
) {
  const decoders = createImaging({
    timeoutSeconds: config.transformTimeoutSeconds,
    maxWaitSeconds: config.maxDecoderWaitSeconds,
    maxPixels,
    folder,
    ...(config.s3 && { whenFull: 'overloaded' as const, maxFetchedBytes: config.maxTemporaryBytes * FETCHED_SHARE }),
    onConfinement: (level, reason) =>
      warn(
        `Decoders have another confinement than expected: ${level} (${reason}). DECODERS_REQUIRE refuses such a start.`,
      ),
    observe,
    tracing,
    ...(levels && { levels }),
    ...(confinement && { measuring: confinement }),
    ...required,
  });
  if (decoders.confinement().level === 'unconfined') warn(UNCONFINED);
  return decoders;
}

const UNCONFINED =
  'Decoders are not confined on this system: a malicious file that takes over a decoder has all rights of the service. See SECURITY.md.';
