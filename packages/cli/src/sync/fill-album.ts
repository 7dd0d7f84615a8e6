import type { Album } from '@safelight/client';
import { changeMembers, MEMBERS_AT_ONCE } from '../albums/change-members.ts';
import { checkedAlbum, findAlbum } from '../albums/find-album.ts';
import { combined } from '../batch.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { failureOf } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { shown } from '../output/terminal-text.ts';
import type { SyncState } from './sync-state.ts';

/** An album that gets the images of a folder. */
export interface AlbumFill {
  /** Adds the image of a content, soon. */
  add(sha256: string, imageId: string): Promise<void>;
  /** Adds the rest and says how many came. Returns the exit code of what failed. */
  finish(): Promise<ExitCode>;
}

/** The image of a content that was trashed or deleted: it isn't sent again either. */
const GONE = 'image-not-found';

/**
 * Opens the album of this id or title, and makes one if no album has the title. Images that an earlier run has added
 * aren't added again, so that they can be taken out. Errors: as of `findAlbum`, and those of a new album.
 */
export async function openAlbumFill(invocation: Invocation, state: SyncState, name: string): Promise<AlbumFill> {
  const { output, isDryRun } = invocation;
  const album = (await findAlbum(invocation, name)) ?? (isDryRun ? undefined : await makeAlbum(invocation, name));
  const title = album?.title ?? name;
  /** Contents by the ids of their images. */
  let waiting = new Map<string, string>();
  let sending = Promise.resolve();
  const counts = { done: 0, failed: 0 };
  let exitCode: ExitCode = EXIT.ok;

  const fail = (error: unknown, images: readonly string[]): void => {
    const failure = failureOf(error, invocation.connection);
    exitCode = combined(exitCode, failure.exitCode);
    counts.failed += images.length;
    const [imageId] = images;
    const isOne = images.length === 1 && imageId !== undefined;
    output.fail(failure, isOne ? imageId : title, isOne ? { image_id: imageId } : { album_id: album?.album_id });
  };

  async function send(batch: ReadonlyMap<string, string>, { album_id: albumId }: Album): Promise<void> {
    const imageIds = [...batch.keys()];
    try {
      for (const result of await changeMembers(invocation, albumId, { change: 'add', imageIds })) {
        const { imageId } = result;
        if (!('error' in result)) {
          const sha256 = batch.get(imageId);
          if (sha256 !== undefined) state.rememberInAlbum(albumId, sha256);
          if (result.status === 'added') counts.done += 1;
        } else if (result.error.code !== GONE) fail(result.error, [imageId]);
      }
    } catch (error) {
      fail(error, imageIds);
    }
  }

  const flush = (): Promise<void> => {
    const batch = waiting;
    waiting = new Map();
    if (isDryRun) counts.done += batch.size;
    else if (album && batch.size > 0) sending = sending.then(() => send(batch, album));
    return sending;
  };

  return {
    async add(sha256, imageId) {
      if (album && state.wasInAlbum(album.album_id, sha256)) return;
      waiting.set(imageId, sha256);
      if (waiting.size >= MEMBERS_AT_ONCE) await flush();
    },
    async finish() {
      await flush();
      const { done, failed } = counts;
      const words = `${counted(done, 'image')} ${isDryRun ? 'would be added' : 'added'} to ${title}`;
      output.answer({ event: 'album', album_id: album?.album_id ?? null, title, added: done, failed });
      output.say(`${words}${failed > 0 ? `, ${failed} failed` : ''}.`);
      return exitCode;
    },
  };
}

async function makeAlbum({ client, output }: Invocation, title: string): Promise<Album> {
  const album = checkedAlbum(await client.albums.create({ title }));
  output.answer({ event: 'album-created', album_id: album.album_id, title: album.title });
  output.say(`Made the album ${shown(album.title)}.`);
  return album;
}
