import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../observe/log/logger.ts';
import { checkOriginals, type OriginalsCheck } from '../../operations/checks/check-originals.ts';
import { type Config, ConfigError } from '../config/config.ts';

/** A store that is slow at the start must not keep the service from serving. */
const LONGEST_CHECK_MS = 5_000;

/**
 * Checks that records and objects belong together, which they may not after a switch from disk to S3. Errors:
 * `ConfigError` if none of the sampled images has its bytes; everything else is a warning.
 */
export async function requireOriginals(
  services: Parameters<typeof checkOriginals>[0],
  { config, logger }: { readonly config: Config; readonly logger: Logger },
): Promise<void> {
  const checked = await withinTime(checkOriginals(services)).catch((err: unknown) => {
    logger.warn({ err }, 'could not check whether recorded images have bytes');
  });
  if (checked === 'late') {
    logger.warn(`could not check whether recorded images have bytes within ${LONGEST_CHECK_MS / 1000} s`);
  } else if (checked) judge(checked, { config, logger });
}

function judge(
  { present, absent, errors }: OriginalsCheck,
  { config, logger }: { readonly config: Config; readonly logger: Logger },
): void {
  const [err] = errors;
  if (err !== undefined) logger.warn({ err }, `the store did not answer whether it has ${errors.length} images`);
  if (absent.length === 0) return;
  const ids = absent.map(({ id }) => id).join(', ');
  const store = config.s3 ? `the bucket ${config.s3.bucket}` : `the objects of ${config.dataDir}`;
  if (present.length > 0 || errors.length > 0) {
    logger.warn(`ready images without bytes in ${store}: ${ids}`);
    return;
  }
  const name = config.s3 ? 'S3_BUCKET' : 'DATA_DIR';
  const looked = `${absent.length} ready images, the oldest and the newest`;
  const detail = `expected the store with the recorded images; got ${store}, which has no bytes for ${looked}: ${ids}. Restore the setting, or copy the objects first (docs/stores.md)`;
  throw new ConfigError([{ name, detail }]);
}

async function withinTime<Value>(work: Promise<Value>): Promise<Value | 'late'> {
  const timer = new AbortController();
  const late = delay(LONGEST_CHECK_MS, 'late' as const, { signal: timer.signal });
  late.catch(() => undefined); // given up
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
