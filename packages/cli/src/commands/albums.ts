import type { Album, AlbumDeletion } from '@safelight/client';
import type { Command } from 'commander';
import { changeMembers, MEMBERS_AT_ONCE } from '../albums/change-members.ts';
import { albumNamed, albumsOf, checkedAlbum, isAlbumId } from '../albums/find-album.ts';
import { answerOf } from '../answer-of.ts';
import { combined } from '../batch.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { failureOf, stopped } from '../failure.ts';
import { type Invocation, requireUser } from '../invocation.ts';
import { counted } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { imageIds } from './image-ids.ts';

/** What a command does with one album. */
type Act = (invocation: Invocation, album: string) => Promise<ExitCode>;

const ALBUM = 'an id, or a title that only one album has';

export function addAlbums(program: Command, start: Start): void {
  const albums = program
    .command('albums')
    .summary('list and change albums')
    .description(
      'Lists and changes albums. An album is named by its id or, if only one has it, by its title. `ls --album`, `sync --album` and `get --album` list its images, fill it from a folder, and download it.',
    );
  const run = (command: Command, name: string, act: Act) =>
    start(command, (invocation) => {
      requireUser(invocation);
      return act(invocation, name);
    });
  albums
    .command('list', { isDefault: true })
    .description('Lists the albums, the newest first: id, day, number of images and title.')
    .action((_options: object, command: Command) => run(command, '', list));
  albums
    .command('create')
    .description('Makes an album and prints its id. Several albums may have one title.')
    .argument('<title>')
    .action((title: string, _options: object, command: Command) => run(command, title, create));
  albums
    .command('rename')
    .description('Gives an album another title.')
    .argument('<album>', ALBUM)
    .argument('<title>')
    .action((name: string, title: string, _options: object, command: Command) =>
      run(command, name, (invocation, album) => rename(invocation, album, title)),
    );
  albums
    .command('delete')
    .description(
      'Deletes an album. Its images stay, unless --with-images. Repeated with its id, the command says how far the service is.',
    )
    .argument('<album>', ALBUM)
    .option('--with-images', 'move its images to the trash, also those that are in other albums')
    .action((name: string, { withImages = false }: { readonly withImages?: boolean }, command: Command) =>
      run(command, name, (invocation, album) => remove(invocation, album, withImages)),
    );
  for (const [change, about] of [
    ['add', 'Adds images to an album, behind those that it has.'],
    ['remove', 'Takes images out of an album. The images stay.'],
  ] as const)
    albums
      .command(change)
      .description(about)
      .argument('<album>', ALBUM)
      .argument('<id...>', 'image ids, or - for those on stdin')
      .action((name: string, ids: readonly string[], _options: object, command: Command) =>
        run(command, name, (invocation, album) => changeImages(invocation, album, { change, ids })),
      );
}

async function list(invocation: Invocation): Promise<ExitCode> {
  const { output } = invocation;
  let count = 0;
  for await (const album of albumsOf(invocation)) {
    output.answer(album, rowText(rowOf(album), output.columns));
    count += 1;
  }
  if (count === 0) output.say('No albums.');
  return EXIT.ok;
}

const rowOf = ({ album_id: id, created_at: createdAt, images, title }: Album) => ({
  id,
  facts: [createdAt.slice(0, 10), String(images).padStart(6)],
  name: title,
});

const idAndTitle = ({ output }: Invocation, { album_id: id, title }: Album): string =>
  rowText({ id, facts: [], name: title }, output.columns);

async function create(invocation: Invocation, title: string): Promise<ExitCode> {
  const { client, output, isDryRun } = invocation;
  if (isDryRun) {
    output.answer({ event: 'planned', title }, shown(`An album ${title} would be made.`));
    return EXIT.ok;
  }
  const album = checkedAlbum(await client.albums.create({ title }));
  output.answer(album, idAndTitle(invocation, album));
  return EXIT.ok;
}

async function rename(invocation: Invocation, name: string, title: string): Promise<ExitCode> {
  const { client, output, isDryRun } = invocation;
  const before = await albumNamed(invocation, name);
  if (isDryRun) {
    output.answer(
      { event: 'planned', album_id: before.album_id, title },
      `${shown(before.title)} would become ${shown(title)}.`,
    );
    return EXIT.ok;
  }
  const album = checkedAlbum(await client.albums.update(before.album_id, { title }));
  output.answer(album, idAndTitle(invocation, album));
  return EXIT.ok;
}

async function remove(invocation: Invocation, name: string, withImages: boolean): Promise<ExitCode> {
  const { client, output, isDryRun } = invocation;
  const { id, title } = await deletable(invocation, name);
  if (isDryRun) {
    const images = withImages ? ', and its images moved to the trash' : '';
    output.answer({ event: 'planned', album_id: id }, `${shown(title)} would be deleted${images}.`);
    return EXIT.ok;
  }
  const deletion = answerOf<AlbumDeletion>(await client.albums.delete(id, { withImages }), { status: 'text' });
  const { done, failed, with_images: isTrashing, status } = deletion;
  const progress = [
    `${counted(done, 'image')} ${isTrashing ? 'in the trash' : 'out of it'}`,
    failed > 0 ? `${failed} failed so far` : undefined,
    status === 'deleting' ? 'the service continues' : undefined,
  ].filter((part) => part !== undefined);
  output.answer(deletion, shown(`${title} is deleted: ${progress.join(', ')}.`));
  return EXIT.ok;
}

/** An id may be that of an album that is deleted already: the service says how far that is. */
const deletable = async (
  invocation: Invocation,
  name: string,
): Promise<{ readonly id: string; readonly title: string }> => {
  if (isAlbumId(name) && !invocation.isDryRun) return { id: name, title: name };
  const { album_id: id, title } = await albumNamed(invocation, name);
  return { id, title };
};

interface MemberChange {
  readonly change: 'add' | 'remove';
  readonly ids: readonly string[];
}

async function changeImages(invocation: Invocation, name: string, { change, ids }: MemberChange): Promise<ExitCode> {
  const { output, isDryRun, interruption } = invocation;
  const images = await Array.fromAsync(imageIds(ids));
  const { album_id: albumId, title } = await albumNamed(invocation, name);
  const done = change === 'add' ? 'added' : 'removed';
  if (isDryRun) {
    for (const id of images)
      output.answer({ event: 'planned', image_id: id, album_id: albumId }, `Would be ${done}: ${id}`);
    return EXIT.ok;
  }
  const counts = { done: 0, present: 0, failed: 0 };
  let exitCode: ExitCode = EXIT.ok;
  for (let first = 0; first < images.length; first += MEMBERS_AT_ONCE) {
    if (interruption.signal.aborted) throw stopped();
    const batch = images.slice(first, first + MEMBERS_AT_ONCE);
    for (const result of await changeMembers(invocation, albumId, { change, imageIds: batch })) {
      const { imageId } = result;
      if ('error' in result) {
        const failure = failureOf(result.error);
        counts.failed += 1;
        exitCode = combined(exitCode, failure.exitCode);
        output.fail(failure, imageId, { image_id: imageId });
      } else {
        const isDone = result.status === done;
        counts[isDone ? 'done' : 'present'] += 1;
        output.answer({ event: isDone ? done : 'present', image_id: imageId }, isDone ? shown(imageId) : undefined);
      }
    }
  }
  const before = change === 'add' ? 'there already' : 'not in it';
  const parts = [
    `${counted(counts.done, 'image')} ${change === 'add' ? `added to ${title}` : `removed from ${title}`}`,
    counts.present > 0 ? `${counts.present} ${before}` : undefined,
    counts.failed > 0 ? `${counts.failed} failed` : undefined,
  ];
  output.say(`${parts.filter((part) => part !== undefined).join(', ')}.`);
  return exitCode;
}
