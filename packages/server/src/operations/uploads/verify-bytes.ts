import type { Payer } from '../../domain/access/payer.ts';
import type { Rejection, Verified } from '../../domain/image/image.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';

/** Bytes on this machine, with their hash. */
type VerifiableFile = Pick<LocalFile, 'path' | 'sizeBytes' | 'sha256'>;

/** Bytes that are fetched once a decoder is near. */
interface FileToFetch {
  readonly sizeBytes: number;
  readonly fetch: (signal: AbortSignal) => Promise<VerifiableFile>;
}

export interface VerifyBytesInput {
  readonly source: VerifiableFile | FileToFetch;
  readonly contentType: MediaType;
  readonly payer: Payer;
  /** Of the waiting client. */
  readonly signal: AbortSignal | undefined;
}

export type Verdict =
  | { readonly outcome: 'sound'; readonly verified: Verified }
  | { readonly outcome: 'refused'; readonly rejection: Rejection };

/** Judges the bytes of an upload, whichever way they came. Errors: those of the fetch and of `Imaging.inspect`. */
export async function verifyBytes(
  { imaging }: Pick<Services, 'imaging'>,
  { source, contentType, payer, signal }: VerifyBytesInput,
): Promise<Verdict> {
  let file: VerifiableFile | undefined;
  const toInspect =
    'fetch' in source
      ? { sizeBytes: source.sizeBytes, fetch: async (lost: AbortSignal) => (file = await source.fetch(lost)) }
      : source.path;
  const inspection = await imaging.inspect(toInspect, contentType, { payer, signal });
  if (inspection.outcome === 'refused') return inspection;
  const { sizeBytes, sha256 } = 'fetch' in source ? fetchedOf(file) : source;
  return { outcome: 'sound', verified: { ...inspection.image, sizeBytes, sha256 } };
}

function fetchedOf(file: VerifiableFile | undefined): VerifiableFile {
  if (!file) throw new Error('bytes were inspected that nobody fetched');
  return file;
}
