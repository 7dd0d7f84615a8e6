import { tokenOf } from '../../domain/access/access.ts';
import type { Payer } from '../../domain/access/payer.ts';
import type { Access } from '../../domain/access/policy.ts';
import { maxBytesWithin } from '../../domain/access/upload-bounds.ts';
import { AppError } from '../../domain/errors.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';

/** The largest direct upload that a request may send, in bytes. */
export const maxDirectBytes = ({ settings }: Pick<Services, 'settings'>, access: Access): number =>
  maxBytesWithin(settings.maxDirectUploadBytes, tokenOf(access));

export interface DirectBody {
  readonly body: AsyncIterable<Uint8Array>;
  readonly payer: Payer;
  /** With a form's fields; 0 if the sender didn't say. */
  readonly announcedBytes: number;
}

/**
 * Receives a direct upload into a temporary file, which the caller must dispose of in every case. Errors:
 * `empty-upload`, those of `stage`.
 */
export async function stageDirectUpload(
  services: Pick<Services, 'staging' | 'settings'>,
  access: Access,
  { body, payer, announcedBytes }: DirectBody,
): Promise<LocalFile> {
  const file = await services.staging.stage(body, {
    maxBytes: maxDirectBytes(services, access),
    payer,
    leaving: 'reserve',
    announcedBytes,
  });
  if (file.sizeBytes > 0) return file;
  await file[Symbol.asyncDispose]();
  throw new AppError('empty-upload', 'expected the bytes of an image; got an empty body');
}

/** The error, which also names the way for a file that is too large for a direct upload, if there is one. */
export function namingGrants(error: unknown, { settings }: Pick<Services, 'settings'>, access: Access): unknown {
  if (!(error instanceof AppError) || error.code !== 'upload-too-large') return error;
  const granted = maxBytesWithin(settings.maxUploadBytes, tokenOf(access));
  if (granted <= (error.params?.limit_bytes ?? granted)) return error;
  const { code, detail, errors, params } = error;
  const advice = `POST /uploads grants a URL for an upload of up to ${granted} bytes`;
  return new AppError(code, `${detail}. ${advice}`, { cause: error, errors, params });
}
