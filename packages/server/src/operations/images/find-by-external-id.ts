import { maySee, requireList, userOf, viewOf } from '../../domain/access/access.ts';
import type { Client } from '../../domain/access/client.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError, invalidField, isTransient } from '../../domain/errors.ts';
import type { Image, Status } from '../../domain/image/image.ts';
import type { Services } from '../../services.ts';
import type { FoundImages } from './find-images.ts';
import { unseenStatus } from './list-within.ts';
import { examined } from './read-image.ts';

export interface FindByExternalIdInput {
  readonly externalId: string;
  /** undefined: the user for whom the request acts. */
  readonly userId: string | undefined;
  /** undefined: any but that of the trash. */
  readonly status: 'pending' | 'held' | 'ready' | 'trashed' | undefined;
}

const ALL: FoundImages['endAfter'] = () => ({ nextCursor: null, pending: 0 });

/**
 * A list of the one image that has this external id, or of none. A pending image is examined first, as by a read; a
 * view token finds none.
 * Errors: `missing-scope`; `invalid-request` if no user is named.
 */
export async function findByExternalId(
  services: Pick<Services, 'images' | 'finalize'>,
  access: Access,
  { externalId, userId, status }: FindByExternalIdInput,
  client: Client,
): Promise<FoundImages> {
  requireList(access, status ?? 'ready');
  const owner = userOf(access) ?? (access.principal.kind === 'open' ? userId : undefined);
  if (owner === undefined) throw invalidField('?user_id', 'expected a user_id with external_id; got none');
  const view = viewOf(access);
  if (view && status !== undefined && status !== 'ready') throw unseenStatus(status);
  const found = await services.images.findByExternalId(owner, externalId);
  if (view && !(found?.status === 'ready' && maySee(access, found))) return { images: [], endAfter: ALL };
  const image = found && (await asItIs(services, found, client));
  const isAsked = image?.externalId === externalId && isIn(status, image.status);
  return { images: isAsked ? [image] : [], endAfter: ALL };
}

const isIn = (asked: FindByExternalIdInput['status'], status: Status): boolean =>
  asked === undefined ? status !== 'trashed' : status === asked;

/** A failed examination is not the caller's error: the answer is the record as it was found. */
async function asItIs(
  services: Pick<Services, 'images' | 'finalize'>,
  found: Image,
  client: Client,
): Promise<Image | undefined> {
  if (found.status !== 'pending') return found;
  return examined(services, found, client).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'image-not-found') return undefined;
    if (error instanceof AppError && isTransient(error)) return found;
    throw error;
  });
}
