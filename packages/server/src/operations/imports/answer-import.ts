import { AppError } from '../../domain/errors.ts';
import { workAtMost } from '../../flow/work-at-most.ts';
import type { OperatorServices, Services } from '../../services.ts';
import { type ImportedAlbum, importAlbum } from './import-album.ts';
import {
  type ImportedImage,
  type ImportOptions,
  type ImportOutcome,
  type ImportServices,
  importImage,
} from './import-image.ts';
import { importKey, serviceOfKey } from './import-key.ts';

/** The most images of one request, whose progress isn't told before its end. */
export const MAX_IMPORTED = 100;

/** What the command and the service say to each other. */
export interface ImportRequest {
  /** The number of the command's folder. */
  readonly folder: number;
  readonly images: readonly { readonly image: HandedImage; readonly file: string }[];
  /** Made before the images come; absent: none. */
  readonly albums?: readonly HandedAlbum[];
}

/** In JSON. */
export type HandedAlbum = Omit<ImportedAlbum, 'createdAt' | 'updatedAt'> & {
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** In JSON. */
export type HandedImage = Omit<ImportedImage, 'at'> & { readonly at: string };

export interface ImportAnswer {
  readonly service: string;
  /** In the order of the images. */
  readonly outcomes: readonly ImportOutcome[];
}

/** Images at the same time: while the bytes of one are written, others are decoded. */
export const AT_ONCE = 4;

type AnswerServices = ImportServices &
  Pick<Services, 'albums'> &
  Pick<OperatorServices, 'handedFiles'> &
  Parameters<typeof importKey>[0];

/** Imports images for a command, in the process that alone may add some. Without any it tells which service it is. */
export async function answerImport(
  services: AnswerServices,
  body: unknown,
  { signal }: Pick<ImportOptions, 'signal'>,
): Promise<ImportAnswer> {
  const { folder, images, albums = [] } = requestIn(body);
  const key = await importKey(services);
  for (const { createdAt, updatedAt, ...album } of albums)
    await importAlbum(services, { ...album, createdAt: new Date(createdAt), updatedAt: new Date(updatedAt) });
  const outcomes: ImportOutcome[] = [];
  await workAtMost(AT_ONCE, [...images.entries()], async ([index, { image, file }]) => {
    signal.throwIfAborted();
    const open = async () => services.handedFiles.open(folder, file) ?? gone(file);
    outcomes[index] = await importImage(services, { ...image, at: new Date(image.at) }, open, { key, signal });
  });
  return { service: serviceOfKey(key), outcomes };
}

/** Its command has ended: nothing is known of the image. */
function gone(file: string): never {
  throw new AppError('unavailable', `expected the file ${file} of the command; got none: did it end?`);
}

function requestIn(body: unknown): ImportRequest {
  const { folder, images }: { folder?: unknown; images?: unknown } = Object(body);
  if (typeof folder === 'number' && Array.isArray(images) && images.length <= MAX_IMPORTED)
    return body as ImportRequest; // of this version, which has the database
  throw new AppError('unavailable', 'expected images; got another request: use the command of the same version');
}
