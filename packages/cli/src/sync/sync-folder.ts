import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { type Description, type Image, type SafelightClient, SafelightError } from '@safelight/client';
import type { Ending, Tally } from '../batch.ts';
import { type Failure, failure, failureOf } from '../failure.ts';
import { fingerprintOf, type LocalImage, readImage } from '../files/local-image.ts';
import type { Patterns } from '../files/patterns.ts';
import { clientFor, type Invocation, reach } from '../invocation.ts';
import { shown } from '../output/terminal-text.ts';
import { sendImage } from '../upload/send-image.ts';
import { describedAs, type FileWork, type FoundFile, skip, uploadFiles } from '../upload/upload-files.ts';
import { learnContents } from './learn-contents.ts';
import { openSyncState, type SyncState } from './sync-state.ts';

export interface SyncOptions {
  readonly description: Description;
  readonly patterns: Patterns;
  readonly concurrency: number;
}

/**
 * Sends the images of a folder that its state doesn't know. It only adds: an image stays when its file is deleted or changed, a changed file
 * becomes another image, and an image that was deleted in Safelight isn't sent again.
 */
export async function syncFolder(invocation: Invocation, folder: string, options: SyncOptions): Promise<Tally> {
  if (!(await stat(folder)).isDirectory())
    throw failure('not-a-file', `${folder} is not a folder. \`safelight upload\` sends single files.`);
  const { connection, isDryRun } = invocation;
  using state = openSyncState(folder, { url: connection.url, user: connection.user, isDryRun });
  // Another user's credential gets a 403 with this name, before anything is mixed up.
  const user = connection.user ?? state.user;
  const named = user === undefined ? invocation : withUser(invocation, user);
  const { limits, trash_days: trashDays } = await reach(named);
  if (!state.isListed) await learnContents(named, state, { hasTrash: trashDays > 0 });
  const sync = createFileSync(named, state, {
    folder,
    maxBytes: limits.max_upload_bytes,
    description: options.description,
  });
  return await uploadFiles({ ...options, invocation: named, paths: [folder], verb: 'Syncing', send: sync });
}

function withUser(invocation: Invocation, user: string): Invocation {
  const connection = { ...invocation.connection, user };
  return { ...invocation, connection, client: clientFor(connection) };
}

interface FileSync {
  readonly folder: string;
  readonly maxBytes: number;
  readonly description: Description;
}

function createFileSync(invocation: Invocation, state: SyncState, { folder, maxBytes, description }: FileSync) {
  const { client, connection, output, isDryRun } = invocation;
  /** Contents being sent: files with the same one wait for it. */
  const flying = new Map<string, Promise<unknown>>();

  const send = async (image: LocalImage, { signal, onBytes }: FileWork): Promise<Image> => {
    const { sha256 } = image;
    try {
      const sent = await sendImage(image, {
        ...{ client, url: connection.url, user: connection.user, signal, onBytes },
        description: describedAs(image.path, description),
        ifDeleted: 'fail',
        onGranted: (imageId) => state.rememberContent(sha256, { state: 'granted', imageId }),
      });
      state.rememberContent(sha256, { state: 'ready', imageId: sent.image_id });
      if (state.user === undefined) state.rememberUser(sent.user_id);
      return sent;
    } catch (error) {
      const refused = failureOf(error);
      if (isRefusal(error, refused)) state.rememberContent(sha256, { state: 'refused', reason: refused.message });
      throw error;
    }
  };

  return async ({ path }: FoundFile, work: FileWork): Promise<Ending> => {
    const name = relative(folder, path).split(sep).join('/');
    const fingerprint = await fingerprintOf(path);
    const known = state.sha256Of(name, fingerprint);
    const before = known === undefined ? undefined : state.content(known);
    if (before?.state === 'ready') return 'present';
    if (before?.state === 'refused') throw refusedBefore(before.reason);

    const image = await readImage(path, maxBytes, work.signal);
    let content = await settled(image.sha256, work.signal);
    for (let other = flying.get(image.sha256); other; other = flying.get(image.sha256)) {
      await other.catch(() => undefined);
      content = await settled(image.sha256, work.signal);
    }
    state.rememberFile(name, image.fingerprint, image.sha256);
    switch (content?.state) {
      case 'ready':
        output.answer({ event: 'present', path, image_id: content.imageId });
        return 'present';
      case 'refused':
        throw refusedBefore(content.reason);
      case 'granted':
      case undefined:
    }
    if (isDryRun) {
      output.answer({ event: 'planned', path, sha256: image.sha256 }, `Would send ${shown(path)}`);
      return 'done';
    }
    const sending = send(image, work);
    flying.set(image.sha256, sending);
    try {
      const sent = await sending;
      output.answer({ event: 'uploaded', path, image: sent });
      return 'done';
    } catch (error) {
      const { code } = error as Failure;
      if (code === 'deleted-image')
        return skip(invocation, path, 'its image was deleted in Safelight; `safelight upload` sends it again');
      throw error;
    } finally {
      flying.delete(image.sha256);
    }
  };

  /** An upload that a killed run began may be complete, or still be decided. */
  async function settled(sha256: string, signal: AbortSignal) {
    const content = state.content(sha256);
    if (content?.state !== 'granted') return content;
    const image = await endOf(client, content.imageId, signal);
    const latest = state.content(sha256);
    if (latest !== content || image?.status !== 'ready') return latest; // another file with this content came first
    const ready = { state: 'ready', imageId: content.imageId } as const;
    state.rememberContent(sha256, ready);
    return ready;
  }
}

/** The image of an earlier grant, once it isn't pending any more. Undefined if it needs its bytes, or won't become ready. */
async function endOf(client: SafelightClient, id: string, signal: AbortSignal): Promise<Image | undefined> {
  try {
    let image = (await client.request(`/images/${id}/complete`, { method: 'POST', signal })) as Image;
    while (image.status === 'pending')
      image = (await client.request(`/images/${id}/metadata`, { query: { wait: POLL_SECONDS }, signal })) as Image;
    return image;
  } catch (error) {
    const isRefusal = error instanceof SafelightError && error.status !== undefined && error.status < 500;
    if (isRefusal && error.status !== 401 && error.status !== 403 && error.status !== 429) return undefined;
    throw error;
  }
}

/** The service answers earlier if the image is decided. */
const POLL_SECONDS = 20;

/** Refused for what they are: the same bytes will be refused again. */
const REFUSALS: readonly string[] = [
  'unreadable-image',
  'too-many-pixels',
  'type-mismatch',
  'unsupported-type',
  'processing-failed',
];

const isRefusal = (error: unknown, { code }: Failure): boolean =>
  error instanceof SafelightError && REFUSALS.includes(code);

const refusedBefore = (reason: string): Failure =>
  failure('refused-before', `Refused before, so it was not sent again: ${reason}`);
