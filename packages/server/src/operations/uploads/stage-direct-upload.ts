import { AppError } from '../../domain/errors.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';

/**
 * Receives a direct upload into a temporary file, which the caller must dispose of in every case. Errors: `empty-upload`,
 * those of `stage`.
 */
export async function stageDirectUpload(
  services: Pick<Services, 'staging' | 'settings'>,
  body: AsyncIterable<Uint8Array>,
): Promise<LocalFile> {
  const file = await services.staging.stage(body, { maxBytes: services.settings.maxDirectUploadBytes });
  if (file.sizeBytes > 0) return file;
  await file[Symbol.asyncDispose]();
  throw new AppError('empty-upload', 'expected the bytes of an image; got an empty body');
}
