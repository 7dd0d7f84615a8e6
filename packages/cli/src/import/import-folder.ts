import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import type { Description, SafelightClient } from '@safelight/client';
import type { Ending, Tally } from '../batch.ts';
import { failure, wrongUsage } from '../failure.ts';
import { readImage } from '../files/local-image.ts';
import { createPatterns } from '../files/patterns.ts';
import { measure, walk } from '../files/walk.ts';
import { clientFor, type Invocation, reach, requireUser } from '../invocation.ts';
import { shown } from '../output/terminal-text.ts';
import { endOfUpload, refusalIn } from '../sync/end-of-upload.ts';
import { refusedBefore } from '../sync/refused-before.ts';
import { openSyncState, type SyncState } from '../sync/sync-state.ts';
import { createTurns } from '../sync/turns.ts';
import { sendImage } from '../upload/send-image.ts';
import { describedAs, type FileWork, type FoundFile, uploadFiles } from '../upload/upload-files.ts';
import { countRows, filesOfTable } from './files-of-table.ts';
import { openTable, type Table, TableError, type TableRow } from './table-rows.ts';

export interface ImportOptions {
  /** Absent: every file of the folder is sent, as it is. */
  readonly table: string | undefined;
  readonly dateFrom: 'picture' | 'table';
  readonly concurrency: number;
  /** A folder for the state; absent: within the imported one. */
  readonly state: string | undefined;
}

interface ImportedFile extends FoundFile {
  readonly row?: TableRow;
}

/**
 * Sends the files of a folder with what a table says of them, each once: a file that an earlier run has sent for a user
 * isn't sent to that user again, whatever became of it here or there.
 */
export async function importFolder(invocation: Invocation, folder: string, options: ImportOptions): Promise<Tally> {
  if (!(await stat(folder)).isDirectory()) throw failure('not-a-file', `${folder} is not a folder.`);
  const { isDryRun, connection } = invocation;
  const table = options.table === undefined ? undefined : await openTable(options.table).catch(failOnTable);
  if (!table || table.columns?.includes('user_id') === false) requireUser(invocation);
  const { limits } = await reach(invocation);
  using state = openSyncState(folder, {
    ...{ purpose: 'import', url: connection.url, user: undefined, isDryRun, stateFolder: options.state },
  });
  const { concurrency, dateFrom } = options;
  const send = createFileImport(invocation, state, { folder, maxBytes: limits.max_upload_bytes, dateFrom });
  return await uploadFiles<ImportedFile>({
    ...{ invocation, concurrency, verb: 'Importing', send },
    ...(table ? ofTable(table, folder) : ofFolder(folder)),
  });
}

const EVERY = createPatterns([], []);

const ofFolder = (folder: string) => ({
  found: walk([folder], EVERY),
  measure: (signal: AbortSignal) => measure([folder], EVERY, signal),
});

const ofTable = (table: Table, folder: string) => ({
  found: filesOfTable(table, folder),
  measure: (signal: AbortSignal) => countRows(table, signal),
});

function failOnTable(error: unknown): never {
  throw error instanceof TableError ? wrongUsage(error.message) : error;
}

interface FileImport {
  readonly folder: string;
  readonly maxBytes: number;
  readonly dateFrom: ImportOptions['dateFrom'];
}

function createFileImport(invocation: Invocation, state: SyncState, { folder, maxBytes, dateFrom }: FileImport) {
  const { client: ownClient, connection, output, isDryRun } = invocation;
  const clientOf = createClients(invocation);
  const turns = createTurns();

  return async ({ path, row }: ImportedFile, work: FileWork): Promise<Ending> => {
    const user = row?.userId ?? connection.user;
    if (user === undefined && connection.token === undefined)
      throw failure('wrong-row', 'Whose image? The row has no user_id. Add one, or --user NAME.');
    const key = JSON.stringify([user ?? null, relative(folder, path).split(sep).join('/')]);
    using _turn = await turns.take(key);
    const before = state.content(key);
    if (before?.state === 'ready') return 'present';

    const image = await readImage(path, { client: ownClient, maxBytes, signal: work.signal });
    const known = state.content(image.sha256);
    if (known?.state === 'refused') throw refusedBefore(known.reason);
    if (isDryRun) {
      output.answer({ event: 'planned', path, sha256: image.sha256 }, `Would send ${shown(path)}`);
      return 'done';
    }

    const client = clientOf(user);
    const { signal } = work;
    const ended =
      before?.state === 'granted' ? await endOfUpload(client, before.imageId, { signal, isDryRun }) : undefined;
    const sent =
      ended?.state === 'ready'
        ? { image_id: ended.imageId }
        : await sendImage(image, {
            ...{ client, url: connection.url, user, ...work, description: describedAs(path, descriptionIn(row)) },
            ifDeleted: 'send again',
            onGranted: (imageId) => state.rememberContent(key, { state: 'granted', imageId }),
          }).catch((error: unknown) => {
            const refused = refusalIn(error);
            if (refused !== undefined) state.rememberContent(image.sha256, refused);
            throw error;
          });
    if (dateFrom === 'table' && typeof row?.takenAt === 'string')
      await client.images.update(sent.image_id, { taken_at: row.takenAt });
    state.rememberContent(key, { state: 'ready', imageId: sent.image_id });
    output.answer({ event: 'uploaded', path, image: sent });
    return 'done';
  };
}

const descriptionIn = (row: TableRow | undefined): Description => {
  const { tags, description, metadata, filename, externalId, visibility } = row ?? {};
  return {
    ...(tags && { tags }),
    ...(typeof description === 'string' && { description }),
    ...(metadata && { metadata }),
    ...(typeof filename === 'string' && { filename }),
    ...(typeof externalId === 'string' && { externalId }),
    ...(visibility && { visibility }),
  };
};

/** Each has learnt what the service accepts. */
const MOST_CLIENTS = 100;

/** A client for each of the users who came last. */
function createClients(invocation: Invocation): (user: string | undefined) => SafelightClient {
  const clients = new Map<string, SafelightClient>();
  return (user) => {
    const { connection } = invocation;
    if (user === undefined || user === connection.user) return invocation.client;
    const client = clients.get(user) ?? clientFor({ ...invocation, connection: { ...connection, user } });
    clients.delete(user);
    clients.set(user, client);
    const [oldest] = clients.keys();
    if (clients.size > MOST_CLIENTS && oldest !== undefined) clients.delete(oldest);
    return client;
  };
}
