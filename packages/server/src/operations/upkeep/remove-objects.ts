import type { EndedImage, Image } from '../../domain/image/image.ts';
import {
  formerRenditionsPrefix,
  incomingKey,
  type ObjectKey,
  originalsPrefix,
  renditionsPrefix,
} from '../../domain/image/object-key.ts';
import type { Services } from '../../services.ts';

type Objects = Pick<Services, 'objects'>;

/** What attempts have stored of an image so far. */
export const originalsOf = (services: Objects, image: Pick<Image, 'userId' | 'id'>): Promise<ObjectKey[]> =>
  keysBelow(services, originalsPrefix(image));

/** What was made of it, and stored, in either layout of keys. */
export const renditionsOf = async (services: Objects, { id }: Pick<Image, 'id'>): Promise<ObjectKey[]> =>
  (await Promise.all([renditionsPrefix(id), formerRenditionsPrefix(id)].map((at) => keysBelow(services, at)))).flat();

const keysBelow = ({ objects }: Objects, prefix: string): Promise<ObjectKey[]> =>
  Array.fromAsync(objects.list(prefix), ({ key }) => key);

/** All that may be stored of an image that is over: what came in, what attempts left and, where it was ready once, renditions. */
export const objectsOf = async (services: Objects, image: EndedImage): Promise<ObjectKey[]> => [
  incomingKey(image.userId, image.id),
  ...(await originalsOf(services, image)),
  ...(image.status === 'deleted' ? await renditionsOf(services, image) : []),
];

/** Removes what no record refers to any more; false where that failed, which must not hide how the work itself ended. */
export const discard = ({ objects }: Objects, keys: readonly ObjectKey[]): Promise<boolean> =>
  objects.delete(keys).then(
    () => true,
    () => false,
  );
