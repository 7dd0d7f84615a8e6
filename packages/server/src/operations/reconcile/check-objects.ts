import { AppError } from '../../domain/errors.ts';
import type { UnfinishedUpload } from '../../object-store/multipart.ts';
import type { ListedObject } from '../../object-store/object-store.ts';
import type { Services } from '../../services.ts';
import { type AbandonedUpload, abandonedUpload } from '../upkeep/abandoned-upload.ts';
import { type FoundOrphans, type Orphan, orphanNow, orphansAmong } from '../upkeep/orphans.ts';
import type { ObjectFinding, OrphanKind } from './finding.ts';

export interface CheckedObjects {
  readonly findings: readonly ObjectFinding[];
  readonly images: FoundOrphans['images'];
}

/**
 * The objects of a page that no record refers to, by the same rules as the sweeper's. Errors: `unavailable` if a record
 * can't be looked at, so that no object is passed over silently. Those of newer versions and unreadable records are
 * left.
 */
export async function checkObjects(
  services: Pick<Services, 'images' | 'clock' | 'observe'>,
  listed: readonly ListedObject[],
): Promise<CheckedObjects> {
  const failures: unknown[] = [];
  const observe: Services['observe'] = (event) => {
    if (event.event === 'sweep-postponed' && !isOfRecord(event.error)) failures.push(event.error);
    services.observe(event);
  };
  const { orphans, images } = await orphansAmong({ ...services, observe }, listed);
  if (failures.length > 0) throw failures[0];
  return {
    findings: orphans.map(({ key, imageId, kind, of }) => ({ kind: KINDS[of][kind], key, imageId })),
    images,
  };
}

/** Likewise, of an upload in parts. Errors: those of `getToChange`, unless the record is newer or unreadable. */
export async function checkUpload(
  services: Pick<Services, 'images' | 'clock'>,
  upload: UnfinishedUpload,
): Promise<AbandonedUpload | undefined> {
  try {
    return await abandonedUpload(services, upload);
  } catch (error) {
    if (isOfRecord(error)) return undefined;
    throw error;
  }
}

const isOfRecord = (error: unknown): boolean =>
  error instanceof AppError && (error.isOfNewerVersion || error.code === 'internal');

/**
 * Whether it still is what was found: a restore may have brought the record back meanwhile. Errors: those of
 * `getToChange`.
 */
export async function isStillOrphan(
  services: Pick<Services, 'images' | 'clock'>,
  { key, kind }: ObjectFinding,
): Promise<boolean> {
  const now = await orphanNow(services, key);
  return now !== undefined && KINDS[now.of][now.kind] === kind;
}

/** No upload of an ended or stored image is an orphan, and no rendition of a stored one. */
const KINDS: Readonly<Record<Orphan['of'], Readonly<Record<Orphan['kind'], OrphanKind>>>> = {
  'no record': {
    original: 'original-without-record',
    rendition: 'rendition-without-original',
    'working-copy': 'copy-without-original',
    upload: 'upload-without-record',
  },
  'ended image': {
    original: 'original-of-ended',
    rendition: 'rendition-of-ended',
    'working-copy': 'copy-of-ended',
    upload: 'upload-without-record',
  },
  'stored image': {
    original: 'original-superseded',
    rendition: 'rendition-of-ended',
    'working-copy': 'copy-superseded',
    upload: 'upload-without-record',
  },
};

/** It may be the record that is missing. */
export const isWithoutRecord = ({ kind }: ObjectFinding): boolean =>
  Object.values(KINDS['no record']).some((one) => one === kind);
