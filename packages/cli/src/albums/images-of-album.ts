import { SafelightError } from '@safelight/client';
import { isImageId } from '../commands/image-ids.ts';
import type { Invocation } from '../invocation.ts';
import { albumNamed } from './find-album.ts';

const PAGE = 1_000;

/** The ids of an album's ready images, in its order, page by page. Errors: those of `albumNamed`. */
export async function imagesOfAlbum(invocation: Invocation, name: string): Promise<AsyncGenerator<string, void, void>> {
  const { album_id: album, order } = await albumNamed(invocation, name);
  return idsIn(invocation, { album, order });
}

async function* idsIn(
  { client, connection, interruption }: Invocation,
  query: { readonly album: string; readonly order: Awaited<ReturnType<typeof albumNamed>>['order'] },
): AsyncGenerator<string, void, void> {
  const owner = connection.user === undefined ? {} : { user_id: connection.user };
  const { signal } = interruption;
  for await (const image of client.images.list({ ...query, ...owner, fields: 'image_id', limit: PAGE, signal })) {
    const { image_id: id } = image;
    if (!isImageId(id))
      throw new SafelightError('unexpected-answer', 'expected an image with an id; got something else');
    yield id;
  }
}
