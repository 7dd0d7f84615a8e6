import { imageIdOfIncoming, type ObjectKey } from '../../domain/image/object-key.ts';
import { isAbort } from '../../flow/abort.ts';
import type { StagedFile } from '../disk/disk.ts';
import { storableKey } from '../disk/path.ts';
import type { AfterStore, StoreVerdict } from '../object-endpoint.ts';
import { type Refused, refuse } from '../signing/s3-error.ts';
import { type Endpoint, PRECONDITION_FAILED } from './object-request.ts';

/** `text` as a key that a request may write to. Even a valid signature must not replace verified bytes. */
export function uploadKey(text: string): ObjectKey | undefined {
  const key = storableKey(text);
  return key !== undefined && imageIdOfIncoming(key) !== undefined ? key : undefined;
}

export const NO_UPLOAD_KEY = refuse('AccessDenied', 'Only keys of uploads can be written');

export const NOT_TAKEN = refuse('AccessDenied', 'The data of the user of this upload was deleted');

/** Stores the received file and has it judged; undefined if it is kept. */
export async function keepUpload(
  { store }: Pick<Endpoint, 'store'>,
  upload: {
    readonly key: ObjectKey;
    readonly file: StagedFile;
    /** Refuses the upload if the key is taken, also by an object that was stored a moment ago. */
    readonly isFirst: boolean;
  },
  afterStore: AfterStore,
): Promise<Refused | undefined> {
  const { key, file, isFirst } = upload;
  if (!(await store.place(key, file, { isFirst }))) return PRECONDITION_FAILED;
  // After a verdict no record refers to this key. Without a verdict a job verifies these bytes later, so they are
  // synced.
  const verdict = await afterStore(key, { sha256: file.sha256 }).catch(async (error: unknown) => {
    // A sender that gets "try again" needs the key to be free. A sender that disconnected gets no answer, so its bytes
    // stay.
    const isInTheWay = isFirst && !isAbort(error);
    await (isInTheWay ? store.delete([key]) : store.sync(key)).catch(() => undefined);
    throw error;
  });
  return refusalOf(verdict);
}

function refusalOf(verdict: StoreVerdict): Refused | undefined {
  switch (verdict.outcome) {
    case 'kept':
      return undefined;
    case 'taken':
      return refuse('PreconditionFailed', 'The upload has been made: its URL takes no other bytes');
    case 'rejected':
      return refuse('InvalidRequest', verdict.reason);
    case 'over':
      return refuse('OperationAborted', `The upload is ${verdict.state}: nothing can be sent to it any more`);
  }
}
