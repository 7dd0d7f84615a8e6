import { maySee } from '../../domain/access/access.ts';
import type { Access } from '../../domain/access/policy.ts';
import { AppError } from '../../domain/errors.ts';
import { externalIdTakenByAnother } from '../../domain/external-id.ts';
import { parseImageId } from '../../domain/image/image-id.ts';
import type { Services } from '../../services.ts';

/**
 * Does `work`, whose `external-id-taken` names the image that has the id only to a caller that may see this image: an
 * upload token sees those of its minter alone.
 */
export async function namingHolder<Result>(
  { images }: Pick<Services, 'images'>,
  { access, externalId }: { readonly access: Access; readonly externalId: string | null | undefined },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'external-id-taken')) throw error;
    const id = parseImageId(error.params?.image_id ?? '');
    const holder = id && (await images.get(id));
    if (holder && maySee({ ...access, operation: 'describeImage' }, holder)) throw error;
    throw externalIdTakenByAnother(externalId ?? '');
  }
}
