import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { handedUrl, type Image, SafelightError } from '@safelight/client';
import { type Command, Option } from 'commander';
import { imagesOfAlbum } from '../albums/images-of-album.ts';
import { type Ending, runBatch } from '../batch.ts';
import { type Download, downloadTo, exists, hasContent, receive } from '../download/download-image.ts';
import { distinctName, fileNameFor } from '../download/file-name.ts';
import { type Failure, failure, wrongUsage } from '../failure.ts';
import { type Invocation, requireUser } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { imageIds } from './image-ids.ts';
import { concurrencyOption } from './options.ts';

interface GetOptions {
  readonly album?: string;
  readonly output?: string;
  readonly preset?: string;
  readonly format?: 'jpeg';
  readonly concurrency: number;
}

export function addGet(program: Command, start: Start): void {
  program
    .command('get')
    .summary('download images')
    .description(
      'Downloads images, each under its file name. A file appears complete or not at all, and never replaces another.\n\nA file with the same bytes is left as it is: after an interruption run the same command again.\n\n`get --album ALBUM DIR` downloads all images of an album into a folder, in the order of the album. It makes the folder.',
    )
    .argument('[id...]', 'image ids, or - for those on stdin; with --album the folder')
    .option('--album <album>', 'all images of this album: its id, or a title that only one album has')
    .addOption(
      new Option('-o, --output <path>', 'a folder, the name of a new file, or - for stdout (default: ".")').conflicts(
        'album',
      ),
    )
    .option('-p, --preset <name>', 'this rendition instead of the original')
    .addOption(
      new Option('-f, --format <format>', 'the original as a JPEG of its size, without its EXIF, instead of its bytes')
        .choices(['jpeg'])
        .conflicts('preset'),
    )
    .addOption(concurrencyOption())
    .action((given: readonly string[], options: GetOptions, command: Command) =>
      start(command, (invocation) =>
        options.album === undefined
          ? getImages(invocation, given, options)
          : getAlbum(invocation, options.album, { ...options, folders: given }),
      ),
    );
}

async function getAlbum(
  invocation: Invocation,
  name: string,
  { folders, ...options }: GetOptions & { readonly folders: readonly string[] },
) {
  const [folder, ...others] = folders;
  if (folder === undefined || folder === '-' || others.length > 0)
    throw wrongUsage('Expected one folder for the images of the album: safelight get --album ALBUM DIR');
  requireUser(invocation);
  const items = await imagesOfAlbum(invocation, name);
  if (!invocation.isDryRun) await mkdir(folder, { recursive: true });
  return await get(invocation, { ...options, items, total: undefined, to: folder, isFolder: true });
}

async function getImages(invocation: Invocation, ids: readonly string[], { output: to = '.', ...options }: GetOptions) {
  const { output } = invocation;
  if (ids.length === 0) throw wrongUsage('Which images? Name them by their ids, or add --album.');
  const isFolder = to !== '-' && (await isFolderAt(to));
  if (!isFolder && (ids.length > 1 || ids[0] === '-'))
    throw wrongUsage(
      to === '-'
        ? '--output - writes one image to stdout: name it by its id. Several, or ids from stdin, need a folder: -o FOLDER.'
        : `Several images need a folder; --output ${to} isn't one. Make it first: mkdir ${to}`,
    );
  if (to === '-' && process.stdout.isTTY)
    throw wrongUsage('--output - writes the bytes of an image, and a terminal would obey some of them. Add > FILE.');
  if (to === '-' && output.isJson) throw wrongUsage('--json and --output - both write to stdout; leave out one.');
  const total = ids.includes('-') ? undefined : ids.length;
  return await get(invocation, { ...options, items: imageIds(ids), total, to, isFolder });
}

interface Get extends Pick<GetOptions, 'preset' | 'format' | 'concurrency'> {
  readonly items: AsyncIterable<string>;
  /** How many images that are; undefined: nobody knows before the end. */
  readonly total: number | undefined;
  readonly to: string;
  readonly isFolder: boolean;
}

async function get(invocation: Invocation, { items, total, to, isFolder, preset, format, concurrency }: Get) {
  const { output, interruption, progress } = invocation;
  const state = { done: 0, bytes: 0 };
  using _shown = progress.follow(() => ({
    ...{ verb: 'Downloading', done: state.done, bytes: state.bytes, totalBytes: undefined },
    total,
  }));
  const taken = new Map<string, string>();
  const tally = await runBatch({
    items,
    ...{ concurrency, signal: interruption.signal, output, connection: invocation.connection },
    about: (id) => ({ name: id, fields: { image_id: id } }),
    async act(id, signal): Promise<Ending> {
      let before = 0;
      const onBytes = (bytes: number): void => {
        state.bytes += bytes - before;
        before = bytes;
      };
      const ending = await getOne(invocation, id, { to, isFolder, preset, format, taken, signal, onBytes });
      state.done += 1;
      return ending;
    },
  });
  output.answer({
    event: 'summary',
    saved: tally.done,
    present: tally.present,
    failed: tally.failed,
    interrupted: tally.isStopped,
  });
  // One image that is saved has said so itself.
  if (total !== 1 || tally.present > 0 || tally.isStopped)
    output.say(
      `${counted(tally.done, 'image')} saved${tally.present > 0 ? `, ${tally.present} there already` : ''}${tally.failed > 0 ? `, ${tally.failed} failed` : ''}.`,
    );
  if (tally.isStopped) output.say('Stopped before the end. To continue, run the same command again.');
  return tally.exitCode;
}

interface One {
  readonly to: string;
  readonly isFolder: boolean;
  readonly preset: string | undefined;
  readonly format: 'jpeg' | undefined;
  /** The image of each name in this run, so that two images of one name get two files. */
  readonly taken: Map<string, string>;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => void;
}

async function getOne(
  { client, connection, output, isDryRun }: Invocation,
  id: string,
  { to, isFolder, preset, format, taken, signal, onBytes }: One,
): Promise<Ending> {
  const image = checked(await client.images.get(id), id);
  if (image.status !== 'ready')
    throw failure('not-found', `It is ${image.status}, so it has no bytes. ${image.rejection?.detail ?? ''}`.trim());
  const suffix = preset === undefined ? '' : `/renditions/${encodeURIComponent(preset)}`;
  const ask = async () =>
    (await client.request(`/images/${id}${suffix}/download`, { query: { format }, signal })) as DownloadAnswer;
  const isOriginal = preset === undefined && format === undefined;
  const download = {
    url: async () => {
      const answer = await ask();
      if (format !== undefined && answer.content_type !== 'image/jpeg') throw noJpeg();
      return handedUrl(answer.download_url, connection.url);
    },
    sha256: isOriginal ? (image.sha256 ?? undefined) : undefined,
    size: isOriginal ? (image.size ?? 0) : undefined,
    ...{ signal, onBytes },
  };
  if (to === '-') {
    if (isDryRun) return 'done';
    await receive(
      download,
      (chunk) =>
        new Promise((resolve, reject) => process.stdout.write(chunk, (error) => (error ? reject(error) : resolve()))),
    );
    return 'done';
  }
  const wanted = preset === undefined ? image : renditionOf(image, preset, await ask());
  const named = format === undefined ? wanted : { ...wanted, content_type: 'image/jpeg' };
  let content: Content | undefined = isOriginal ? image : undefined;
  const isSame = async (path: string): Promise<boolean | undefined> => {
    if (!(await isThereA(path))) return undefined;
    content ??= await contentOf(download);
    return await hasContent(path, content);
  };
  const { file, isPresent } = isFolder
    ? await placeIn(to, named, { taken, isSame })
    : { file: to, isPresent: await isSame(to) };
  if (isPresent === false) throw exists(file);
  if (isPresent) {
    output.answer({ event: 'present', image_id: id, path: file });
    return 'present';
  }
  if (isDryRun) {
    output.answer({ event: 'planned', image_id: id, path: file }, `Would save ${shown(file)}`);
    return 'done';
  }
  await downloadTo(file, download);
  output.answer({ event: 'saved', image_id: id, path: file }, shown(file));
  return 'done';
}

/**
 * With the id that was asked for: the answer's is only the service's word. Errors: `unexpected-answer` without what a
 * file needs.
 */
function checked(image: Image, id: string): Image {
  const { filename, content_type: type, size } = Object(image) as Image;
  if (typeof filename === 'string' && typeof type === 'string' && (size === null || Number.isSafeInteger(size)))
    return { ...image, image_id: id };
  throw new SafelightError('unexpected-answer', 'expected an image with a name, a type and a size; got something else');
}

interface DownloadAnswer {
  readonly download_url: unknown;
  readonly content_type?: unknown;
}

const renditionOf = (image: Image, preset: string, { content_type = 'image/jpeg' }: DownloadAnswer): Image => ({
  ...image,
  filename: `${image.filename.replace(/\.[^.]*$/, '')}-${preset}`,
  content_type: String(content_type),
});

/** An older service ignores `format`, and hands over the original with its EXIF. */
const noJpeg = (): Failure =>
  failure('not-found', "The service is an older one, which makes no JPEG of an original's size. Leave out --format.");

type Content = Pick<Image, 'size' | 'sha256'>;

/** The service tells no hash of a rendition, so it is downloaded to be compared. */
async function contentOf(download: Download): Promise<Content> {
  const hash = createHash('sha256');
  let size = 0;
  await receive(download, async (chunk) => {
    hash.update(chunk);
    size += chunk.length;
  });
  return { size, sha256: hash.digest('hex') };
}

interface Place {
  readonly taken: Map<string, string>;
  /** Whether the file has the bytes that are wanted; undefined if there is none. */
  readonly isSame: (path: string) => Promise<boolean | undefined>;
}

/** Where the image is already, else its own name in the folder, else one with the end of its id. */
async function placeIn(folder: string, image: Image, { taken, isSame }: Place) {
  const name = fileNameFor(image);
  const [own, distinct] = [name, distinctName(name, image.image_id)].map((one) => join(folder, one)) as [
    string,
    string,
  ];
  const [isOwn, isDistinct] = [await isSame(own), await isSame(distinct)];
  if (isOwn || isDistinct) return { file: isOwn ? own : distinct, isPresent: true };
  const key = name.toLowerCase(); // some file systems don't tell case
  const owner = taken.get(key) ?? image.image_id;
  taken.set(key, owner);
  const isFree = owner === image.image_id && isOwn === undefined;
  return isFree ? { file: own, isPresent: undefined } : { file: distinct, isPresent: isDistinct };
}

const isThereA = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function isFolderAt(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined && /[/\\]$/.test(path))
    throw failure('not-found', `No folder ${path}. Make it first: mkdir ${path}`);
  return found?.isDirectory() ?? false;
}
