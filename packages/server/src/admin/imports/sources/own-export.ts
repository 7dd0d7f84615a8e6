import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { userTextFault } from '../../../domain/access/user-id.ts';
import { MAX_ALBUM_DESCRIPTION, MAX_TITLE_LENGTH } from '../../../domain/album/album.ts';
import { parseAlbumId } from '../../../domain/album/album-id.ts';
import { MAX_ALBUMS_OF_IMAGE } from '../../../domain/album/album-member.ts';
import { isPastPlace, parseAlbumPlace } from '../../../domain/album/album-place.ts';
import { AppError } from '../../../domain/errors.ts';
import { parsePosition } from '../../../domain/facts/position.ts';
import { parseWallClock } from '../../../domain/facts/wall-clock.ts';
import { createdAt, parseImageId } from '../../../domain/image/image-id.ts';
import { VISIBILITIES } from '../../../domain/image/visibility.ts';
import { LIST_ORDERS } from '../../../domain/lists/list-position.ts';
import { lengthFault } from '../../../text/text-length.ts';
import { type ExportManifest, MANIFEST, readManifest } from '../../exports/export-manifest.ts';
import { valuesOf } from '../../exports/read-lines.ts';
import type { ImportSource, SourceAlbum, SourceEntry, SourceFault } from '../import-source.ts';
import { openFolderFiles } from './folder-files.ts';

/**
 * The folder that the command `export` has written: importing it gives the same records, with their ids. Errors:
 * `unavailable` if the export hasn't ended.
 */
export async function openExportSource(dir: string): Promise<ImportSource> {
  const { export_id: id } = await requireEnded(dir);
  const files = await openFolderFiles({ dir });
  /** Which bytes each entry is to have. */
  const hashes = new WeakMap<SourceEntry, string>();

  async function* lines<Value>(
    name: string,
    schema: z.ZodType<Value>,
  ): AsyncGenerator<{ readonly place: string; readonly read: z.ZodSafeParseResult<Value> }> {
    let line = 0;
    try {
      for await (const value of valuesOf(join(dir, name))) {
        line += 1;
        yield { place: `${name}:${line}`, read: schema.safeParse(value) };
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      throw new AppError('unavailable', `${name}, line ${line + 1}: ${error.message}`, { cause: error });
    }
  }

  return {
    name: `export:${id}`,

    async *entries() {
      for await (const { place, read } of lines('images.ndjson', imageLine)) {
        if (!read.success) {
          yield faultOf(place, read.error);
          continue;
        }
        const entry = entryOf(read.data);
        hashes.set(entry, read.data.sha256);
        yield entry;
      }
    },

    async open(entry, signal) {
      const body = entry.path.startsWith(ORIGINALS) ? await files.open(entry.path, signal) : undefined;
      return body && verified(body, hashes.get(entry));
    },

    async *albums() {
      for await (const { place, read } of lines('albums.ndjson', albumLine))
        yield read.success ? albumOf(place, read.data) : faultOf(place, read.error);
    },

    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}

async function requireEnded(dir: string): Promise<ExportManifest> {
  const manifest = await readManifest(dir);
  if (manifest === undefined)
    throw new AppError('unavailable', `expected an export in ${dir}; got a folder without ${MANIFEST}`);
  if (manifest.finished_at !== null) return manifest;
  throw new AppError('unavailable', `expected a whole export in ${dir}; got an interrupted one: repeat its command`);
}

const ORIGINALS = 'originals/';

/** Errors: `content-mismatch` at the end of other bytes than those that were exported. */
async function* verified(body: AsyncIterable<Uint8Array>, sha256: string | undefined): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256');
  for await (const chunk of body) {
    sum.update(chunk);
    yield chunk;
  }
  const got = sum.digest('hex');
  if (sha256 === undefined || got === sha256) return;
  throw new AppError('content-mismatch', `expected bytes with the SHA-256 ${sha256}; got ${got}`);
}

const CLOCKS_DIFFER_MS = 60_000;
const VERSION_7 = /^.{14}7.{4}[89ab]/;

/** An id that a service of ours has made. */
const imageId = z.string().transform((text, context) => {
  const id = parseImageId(text);
  if (id && VERSION_7.test(id) && createdAt(id).getTime() <= Date.now() + CLOCKS_DIFFER_MS) return id;
  context.addIssue({ code: 'custom', message: 'expected a UUIDv7 of the past' });
  return z.NEVER;
});

const albumId = z.string().transform((text, context) => {
  const id = parseAlbumId(text);
  if (id && VERSION_7.test(id)) return id;
  context.addIssue({ code: 'custom', message: 'expected the id of an album' });
  return z.NEVER;
});

const place = z.string().transform((text, context) => {
  const found = parseAlbumPlace(text);
  if (found !== undefined && isPastPlace(found, new Date())) return found;
  context.addIssue({ code: 'custom', message: 'expected a place in an album' });
  return z.NEVER;
});

const clock = z.string().transform((text, context) => {
  const found = parseWallClock(text);
  if (found) return found;
  context.addIssue({ code: 'custom', message: 'expected a date as an export has it' });
  return z.NEVER;
});

const position = z.object({ latitude: z.number(), longitude: z.number() }).transform((given, context) => {
  const found = parsePosition(given);
  if (found) return found;
  context.addIssue({ code: 'custom', message: 'expected a position on earth' });
  return z.NEVER;
});

const userId = z.string().refine((text) => text !== '' && userTextFault(text) === undefined, 'expected a user id');
const time = z.iso.datetime().transform((text) => new Date(text));
const fraction = z.number().min(0).max(1);

/** What an import takes of a line; the fields that the API checks are checked with those of other sources. */
const imageLine = z.object({
  path: z.string().startsWith(ORIGINALS),
  id: imageId,
  user_id: userId,
  status: z.enum(['ready', 'trashed']),
  filename: z.string(),
  content_type: z.string(),
  size: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  tags: z.array(z.string()),
  description: z.string().nullable(),
  metadata: z.record(z.string(), z.json()),
  external_id: z.string().nullable(),
  former_id: z.string().nullable().default(null),
  visibility: z.enum(VISIBILITIES),
  focal_point: z.object({ x: fraction, y: fraction }).nullable(),
  taken_at_by_hand: clock.nullable().optional(),
  position_by_hand: position.nullable().optional(),
  albums: z
    .array(z.object({ album_id: albumId, added: place, moved: place.nullable() }))
    .max(MAX_ALBUMS_OF_IMAGE)
    .refine((albums) => new Set(albums.map(({ album_id }) => album_id)).size === albums.length),
});

const atMost = (characters: number) =>
  z.string().refine((text) => lengthFault(text, characters) === undefined, `expected at most ${characters} characters`);

const albumLine = z.object({
  id: albumId,
  user_id: userId,
  title: atMost(MAX_TITLE_LENGTH).min(1),
  description: atMost(MAX_ALBUM_DESCRIPTION).nullable(),
  order: z.enum(LIST_ORDERS),
  cover_id: imageId.nullable(),
  created_at: time,
  updated_at: time,
});

function entryOf(line: z.infer<typeof imageLine>): SourceEntry {
  const { id, taken_at_by_hand: takenAt, position_by_hand: byHand } = line;
  const { filename, tags, description, metadata, visibility } = line;
  return {
    path: line.path,
    userId: line.user_id,
    at: createdAt(id),
    sizeBytes: line.size,
    contentType: line.content_type,
    description: { filename, tags, description, metadata, visibility, externalId: line.external_id },
    takenAt: null,
    focalPoint: line.focal_point,
    formerId: line.former_id,
    id,
    ours: {
      corrections: { ...(takenAt !== undefined && { takenAt }), ...(byHand !== undefined && { position: byHand }) },
      isTrashed: line.status === 'trashed',
      albums: line.albums.map(({ album_id, added, moved }) => ({ albumId: album_id, added, moved })),
    },
  };
}

const albumOf = (path: string, line: z.infer<typeof albumLine>): SourceAlbum => ({
  path,
  album: {
    id: line.id,
    userId: line.user_id,
    title: line.title,
    description: line.description,
    order: line.order,
    cover: line.cover_id,
    createdAt: line.created_at,
    updatedAt: line.updated_at,
  },
});

function faultOf(path: string, error: z.ZodError): SourceFault {
  const [issue] = error.issues;
  const where = issue === undefined || issue.path.length === 0 ? 'the line' : issue.path.join('/');
  return { path, fault: `expected a line as an export has it; got another one, by ${where}: ${issue?.message ?? ''}` };
}
