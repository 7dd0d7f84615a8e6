import { type EndedImage, type Image, partsOf } from '../../domain/image/image.ts';
import { incomingKeyOf, type ObjectKey, originalsPrefix, renditionsPrefix } from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';

type Objects = Pick<Services, 'objects'>;

/** The originals that attempts have stored so far. */
export const originalsOf = (services: Objects, image: Pick<Image, 'userId' | 'id'>): Promise<ObjectKey[]> =>
  keysBelow(services, originalsPrefix(image));

export const renditionsOf = (services: Objects, { id }: Pick<Image, 'id'>): Promise<ObjectKey[]> =>
  keysBelow(services, renditionsPrefix(id));

const keysBelow = ({ objects }: Objects, prefix: string): Promise<ObjectKey[]> =>
  Array.fromAsync(objects.list(prefix), ({ key }) => key);

/**
 * Every key that may exist for an image that is over: the upload, leftovers of attempts and, if it may have been ready
 * once, renditions. A gate may refuse an image that was served.
 */
export const objectsOf = async (services: Objects, image: EndedImage): Promise<ObjectKey[]> => [
  incomingKeyOf(image),
  ...(await originalsOf(services, image)),
  ...(mayHaveRenditions(image) ? await renditionsOf(services, image) : []),
];

const mayHaveRenditions = (image: EndedImage): boolean =>
  image.status === 'deleted' || (image.status === 'rejected' && image.rejection.code === 'refused-by-gate');

/** Removes what has arrived of an upload in parts that is over. A part on its way is refused. */
export async function abortParts({ multipart }: Pick<Services, 'multipart'>, image: Image): Promise<void> {
  const uploadId = partsOf(image)?.uploadId;
  if (uploadId) await multipart.abort({ key: incomingKeyOf(image), uploadId });
}

/** Removes objects that no record refers to; false on failure, which must not hide the outcome of the work itself. */
export const discard = ({ objects }: Objects, keys: readonly ObjectKey[]): Promise<boolean> =>
  objects.delete(keys).then(
    () => true,
    () => false,
  );
