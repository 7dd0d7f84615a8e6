import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { Description, Image } from '@safelight/client';
import { combined, type Ending, type Tally } from '../batch.ts';
import { EXIT } from '../exit-code.ts';
import { type Failure, failure } from '../failure.ts';
import { fingerprintOf, type LocalImage, readImage } from '../files/local-image.ts';
import type { Patterns } from '../files/patterns.ts';
import { measure, walk } from '../files/walk.ts';
import { clientFor, type Invocation, reach } from '../invocation.ts';
import { shown } from '../output/terminal-text.ts';
import { sendImage } from '../upload/send-image.ts';
import { describedAs, type FileWork, type FoundFile, skip, uploadFiles } from '../upload/upload-files.ts';
import { endOfUpload, refusalIn } from './end-of-upload.ts';
import { type AlbumFill, openAlbumFill } from './fill-album.ts';
import { learnContents } from './learn-contents.ts';
import { refusedBefore } from './refused-before.ts';
import { type KnownContent, openSyncState, type SyncState } from './sync-state.ts';
import { createTurns } from './turns.ts';

export interface SyncOptions {
  readonly description: Description;
  readonly patterns: Patterns;
  readonly concurrency: number;
  /** A folder for the state; absent: within the synced one. */
  readonly state: string | undefined;
  /** The album that gets all images of the folder, by its id or title; absent: none. */
  readonly album: string | undefined;
}

/**
 * Sends the images of a folder that its state doesn't know. It only adds: an image stays when its file is deleted or
 * changed, a changed file becomes another image, and an image that was deleted in Safelight isn't sent again.
 */
export async function syncFolder(invocation: Invocation, folder: string, options: SyncOptions): Promise<Tally> {
  if (!(await stat(folder)).isDirectory())
    throw failure('not-a-file', `${folder} is not a folder. \`safelight upload\` sends single files.`);
  const { connection, isDryRun } = invocation;
  const { url, user: given } = connection;
  using state = openSyncState(folder, {
    ...{ purpose: 'sync', url, user: given, isDryRun, stateFolder: options.state },
  });
  // Another user's credential gets a 403 with this name, before anything is mixed up.
  const user = connection.user ?? state.user;
  const named = user === undefined ? invocation : withUser(invocation, user);
  const { limits, trash_days: trashDays } = await reach(named);
  if (!state.isListed) await learnContents(named, state, { hasTrash: trashDays > 0 });
  const fill = options.album === undefined ? undefined : await openAlbumFill(named, state, options.album);
  const sync = createFileSync(named, state, {
    folder,
    maxBytes: limits.max_upload_bytes,
    description: options.description,
    fill,
  });
  const { concurrency, patterns } = options;
  const tally = await uploadFiles({
    ...{ invocation: named, concurrency, verb: 'Syncing', send: sync },
    found: walk([folder], patterns),
    measure: (signal) => measure([folder], patterns, signal),
  });
  const filled = (await fill?.finish()) ?? EXIT.ok;
  return filled === EXIT.ok || tally.isStopped ? tally : { ...tally, exitCode: combined(tally.exitCode, filled) };
}

function withUser(invocation: Invocation, user: string): Invocation {
  const connection = { ...invocation.connection, user };
  return { ...invocation, connection, client: clientFor({ ...invocation, connection }) };
}

interface FileSync {
  readonly folder: string;
  readonly maxBytes: number;
  readonly description: Description;
  readonly fill: AlbumFill | undefined;
}

function createFileSync(invocation: Invocation, state: SyncState, { folder, maxBytes, description, fill }: FileSync) {
  const { client, connection, output, isDryRun } = invocation;
  const turns = createTurns();
  /** Contents that a dry run has counted: a copy is no second image. */
  const planned = new Set<string>();

  const send = async (image: LocalImage, { signal, onBytes, onFound }: FileWork): Promise<Image> => {
    const { sha256 } = image;
    try {
      const sent = await sendImage(image, {
        ...{ client, url: connection.url, user: connection.user, signal, onBytes, onFound },
        description: describedAs(image.path, description),
        ifDeleted: 'fail',
        onGranted: (imageId) => state.rememberContent(sha256, { state: 'granted', imageId }),
      });
      state.rememberContent(sha256, { state: 'ready', imageId: sent.image_id });
      if (state.user === undefined) state.rememberUser(sent.user_id);
      return sent;
    } catch (error) {
      const refused = refusalIn(error);
      if (refused !== undefined) state.rememberContent(sha256, refused);
      throw error;
    }
  };

  return async ({ path }: FoundFile, work: FileWork): Promise<Ending> => {
    const name = relative(folder, path).split(sep).join('/');
    const fingerprint = await fingerprintOf(path);
    const known = state.sha256Of(name, fingerprint);
    const before = known === undefined ? undefined : state.content(known);
    if (known !== undefined && before?.state === 'ready') {
      await fill?.add(known, before.imageId);
      return 'present';
    }
    if (before?.state === 'refused') throw refusedBefore(before.reason);

    const image = await readImage(path, { client, maxBytes, signal: work.signal });
    using _turn = await turns.take(image.sha256);
    state.rememberFile(name, image.fingerprint, image.sha256);
    const content = await settled(image.sha256, work.signal);
    switch (content?.state) {
      case 'ready':
        output.answer({ event: 'present', path, image_id: content.imageId });
        await fill?.add(image.sha256, content.imageId);
        return 'present';
      case 'refused':
        throw refusedBefore(content.reason);
      case 'granted':
      case undefined:
    }
    if (isDryRun) {
      if (planned.has(image.sha256)) return 'present';
      planned.add(image.sha256);
      await fill?.add(image.sha256, image.sha256); // it has no id yet
      output.answer({ event: 'planned', path, sha256: image.sha256 }, `Would send ${shown(path)}`);
      return 'done';
    }
    try {
      const sent = await send(image, work);
      output.answer({ event: 'uploaded', path, image: sent });
      await fill?.add(image.sha256, sent.image_id);
      return 'done';
    } catch (error) {
      const { code } = error as Failure;
      if (code === 'deleted-image')
        return skip(invocation, path, 'its image was deleted in Safelight; `safelight upload` sends it again');
      throw error;
    }
  };

  /** What is known of a content, once an upload that a killed run began has ended. */
  async function settled(sha256: string, signal: AbortSignal): Promise<KnownContent | undefined> {
    const content = state.content(sha256);
    if (content?.state !== 'granted') return content;
    const ended = await endOfUpload(client, content.imageId, { signal, isDryRun });
    if (ended !== undefined) state.rememberContent(sha256, ended);
    return ended;
  }
}
