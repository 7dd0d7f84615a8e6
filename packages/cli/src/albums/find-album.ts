import { type Album, SafelightError } from '@safelight/client';
import { answerOf, type Shape } from '../answer-of.ts';
import { isImageId } from '../commands/image-ids.ts';
import { wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';

const ALBUM: Shape = { album_id: 'text', title: 'text', order: 'text', created_at: 'text' };

/** The service's longest page of albums. */
const PAGE = 100;
/** Ids that an error names. */
const MOST_NAMED = 5;

/** An album in an answer. Errors: `unexpected-answer`, also for an id that could be another path. */
export function checkedAlbum(answer: unknown): Album {
  const album = answerOf<Album>(answer, ALBUM);
  if (isImageId(album.album_id)) return album;
  throw new SafelightError('unexpected-answer', 'expected an album with an id; got something else');
}

/** All albums of the user, the newest first. */
export async function* albumsOf({ client, interruption }: Invocation): AsyncGenerator<Album, void, void> {
  for await (const album of client.albums.list({ limit: PAGE, signal: interruption.signal })) yield checkedAlbum(album);
}

/** Whether this is the form of an album's id, which ids of images have too. */
export const isAlbumId = (name: string): boolean => isImageId(name);

/**
 * The album of this id, or the only one of this title; undefined: no album has the title. Errors: `album-not-found` for
 * an id; wrong usage for a title that several albums have.
 */
export async function findAlbum(invocation: Invocation, name: string): Promise<Album | undefined> {
  if (isAlbumId(name)) return checkedAlbum(await invocation.client.albums.get(name));
  const title = name.trim().normalize();
  const found: Album[] = [];
  for await (const album of albumsOf(invocation)) if (album.title.normalize() === title) found.push(album);
  if (found.length > 1) throw severalOf(name, found);
  return found[0];
}

/** Errors: those of `findAlbum`, and `album-not-found`. */
export async function albumNamed(invocation: Invocation, name: string): Promise<Album> {
  const album = await findAlbum(invocation, name);
  if (album) return album;
  throw new SafelightError('album-not-found', `expected the id or the title of an album; got ${name}`);
}

function severalOf(name: string, albums: readonly Album[]) {
  const ids = albums.slice(0, MOST_NAMED).map(({ album_id: id }) => id);
  const more = albums.length > MOST_NAMED ? ` and ${albums.length - MOST_NAMED} more` : '';
  return wrongUsage(`${albums.length} albums have the title ${name}. Name one by its id: ${ids.join(', ')}${more}.`);
}
