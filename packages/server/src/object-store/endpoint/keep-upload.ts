import { imageIdOfIncoming, type ObjectKey } from '../../domain/image/object-key.ts';
import { isAbort } from '../../flow/abort.ts';
import type { StagedFile } from '../disk/disk.ts';
import { storableKey } from '../disk/path.ts';
import type { AfterStore, Endpoint } from './object-request.ts';
import { PRECONDITION_FAILED, type Refused, refuse } from './s3-error.ts';

/** `text` as a key that a request may write to. Whatever was signed: verified bytes are nobody's to replace. */
export function uploadKey(text: string): ObjectKey | undefined {
  const key = storableKey(text);
  return key !== undefined && imageIdOfIncoming(key) !== undefined ? key : undefined;
}

export const NO_UPLOAD_KEY = refuse('AccessDenied', 'Only keys of uploads can be written');

/** Stores what was received and has it judged; undefined when it is kept. */
export async function keepUpload(
  { store }: Pick<Endpoint, 'store'>,
  upload: {
    readonly key: ObjectKey;
    readonly file: StagedFile;
    /** Only where nothing is: refused otherwise, also when it came a moment ago. */
    readonly isFirst: boolean;
  },
  afterStore: AfterStore,
): Promise<Refused | undefined> {
  const { key, file, isFirst } = upload;
  if (!(await store.place(key, file, { isFirst }))) return PRECONDITION_FAILED;
  // The record of a verdict refers to nothing under this key. Without a verdict a job verifies these bytes later: they are synced.
  const verdict = await afterStore(key, { sha256: file.sha256 }).catch(async (error: unknown) => {
    // Its sender hears "try again", and could not while these bytes are there; one that has gone hears nothing.
    const isInTheWay = isFirst && !isAbort(error);
    await (isInTheWay ? store.delete([key]) : store.sync(key)).catch(() => undefined);
    throw error;
  });
  if (verdict.outcome === 'kept') return undefined;
  const { status, code, message } = verdict;
  return { outcome: 'refused', error: { status, code, message, headers: {} } };
}
