import { eachAtMost } from '../../flow/each-at-most.ts';
import { AT_ONCE } from '../../operations/imports/answer-import.ts';
import { importAlbum } from '../../operations/imports/import-album.ts';
import { type ImportServices, importImage } from '../../operations/imports/import-image.ts';
import { importKey, serviceOfKey } from '../../operations/imports/import-key.ts';
import type { Services } from '../../services.ts';
import type { Importer } from './run-import.ts';

/** In this process, whose services the caller disposes of. */
export async function importerHere(
  services: ImportServices & Pick<Services, 'albums' | 'erasures' | 'randomBytes'>,
): Promise<Importer> {
  const key = await importKey(services);
  return {
    service: serviceOfKey(key),
    importAll: (images, ended, signal) =>
      eachAtMost(AT_ONCE, images, async (one) =>
        ended(one, await importImage(services, one.image, one.open, { key, signal })),
      ),
    importAlbum: (album) => importAlbum(services, album),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
