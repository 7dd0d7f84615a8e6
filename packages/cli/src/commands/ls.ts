import type { Image, ListOptions } from '@safelight/client';
import { type Command, Option } from 'commander';
import { albumNamed } from '../albums/find-album.ts';
import { answerOf } from '../answer-of.ts';
import { EXIT } from '../exit-code.ts';
import { failure, stopped, wrongUsage } from '../failure.ts';
import { callerOf, type Invocation, requireUser } from '../invocation.ts';
import { amount } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { clock, dayOrTime, type NamedValues, namedValue, tagOption, wholeNumber } from './options.ts';

interface LsOptions {
  readonly album?: string;
  readonly tag?: readonly string[];
  readonly any?: boolean;
  readonly search?: string;
  readonly externalId?: string;
  readonly metadata?: NamedValues;
  readonly status?: NonNullable<ListOptions['status']>;
  readonly since?: string;
  readonly until?: string;
  readonly oldest?: boolean;
  readonly order?: Order;
  readonly takenFrom?: string;
  readonly takenTo?: string;
  readonly visibility?: Visibility;
  readonly limit?: number;
  readonly quiet?: boolean;
  readonly count?: boolean;
}

type Order = NonNullable<ListOptions['order']>;
type Visibility = NonNullable<ListOptions['visibility']>;

const ORDERS = [
  ...['newest', 'oldest', 'taken-newest', 'taken-oldest'],
  ...['added', 'manual'],
] as const satisfies readonly Order[];
const VISIBILITIES = ['private', 'public'] as const satisfies readonly Visibility[];
const STATUSES = ['ready', 'pending', 'held', 'rejected', 'expired', 'trashed'] as const;
/** The service's longest page. */
const PAGE = 1_000;

export function addLs(program: Command, start: Start): void {
  program
    .command('ls')
    .summary('list images')
    .description(
      'Lists images, the newest first: id, day, size, dimensions, file name and tags. For several users a column has the owner. By capture the day is that on which the picture was taken.\n\nWithout a terminal the columns are separated by tabs. --json has every field.',
    )
    .option(
      '--album <album>',
      'only images of this album (its id, or its title), in its order unless options choose some',
    )
    .addOption(tagOption('only images with all of these tags'))
    .option('--any', 'with --tag: images with any of them')
    .option('-s, --search <words>', 'only images whose name or description has these words')
    .option('--external-id <id>', 'only the image that has this id of your own')
    .addOption(
      new Option('--metadata <name=value>', 'only images with this text in their metadata (repeatable)').argParser(
        namedValue,
      ),
    )
    .addOption(
      new Option('--visibility <visibility>', 'only public or private images, where the service searches').choices(
        VISIBILITIES,
      ),
    )
    .addOption(new Option('--status <status>', 'instead of images that are ready').choices(STATUSES))
    .option('--since <date>', 'only from this day or time on (ISO 8601)', dayOrTime)
    .option('--until <date>', 'only until then', dayOrTime)
    .option(
      '--taken-from <date>',
      "only taken from then on, by the picture's own clock (2024, 2024-07, 2024-07-14T18:22)",
      clock,
    )
    .option('--taken-to <date>', 'only taken until then, all of that year, month or day included', clock)
    .option('--oldest', 'the oldest first')
    .addOption(
      new Option('--order <order>', 'by upload, by capture as with --taken-from and --taken-to, or in an album')
        .choices(ORDERS)
        .conflicts('oldest'),
    )
    .option('-l, --limit <n>', 'at most so many', wholeNumber(1, 1_000_000_000))
    .option('-q, --quiet', 'only ids, for other commands: safelight ls -q | safelight get -')
    .addOption(new Option('--count', 'only how many they are, of one user in one status').conflicts(UNCOUNTED))
    .action((options: LsOptions, command: Command) =>
      start(command, (invocation) => (options.count ? count(invocation, options) : list(invocation, options))),
    );
}

/** Options that choose images which the service doesn't count, or say how to print them. */
const UNCOUNTED = [
  ...[
    'album',
    'tag',
    'any',
    'search',
    'externalId',
    'metadata',
    'visibility',
    'since',
    'until',
    'takenFrom',
    'takenTo',
  ],
  ...['oldest', 'order', 'limit', 'quiet'],
];

async function count({ client, connection, output, interruption }: Invocation, { status }: LsOptions) {
  if (status === 'rejected' || status === 'expired')
    throw wrongUsage(`--count is for images that are ready, pending, held or trashed; got --status ${status}.`);
  const owner = connection.user === undefined ? {} : { user_id: connection.user };
  const inStatus = status === undefined ? {} : { status };
  const total = await client.images.count({ ...owner, ...inStatus, signal: interruption.signal });
  output.answer({ total }, String(total));
  return EXIT.ok;
}

async function list(invocation: Invocation, options: LsOptions) {
  const { client, connection, output } = invocation;
  const { signal } = invocation.interruption;
  const { limit = Number.POSITIVE_INFINITY, quiet } = options;
  let count = 0;
  const owner = connection.user === undefined ? {} : { user_id: connection.user };
  const ofSeveral = quiet !== true && (await isOfSeveral(invocation));
  const ofAlbum = options.album === undefined ? {} : await albumQuery(invocation, options.album, options);
  const query = { ...ofAlbum, ...queryOf(options), ...owner, limit: Math.min(limit, PAGE), signal };
  const isByCapture = query.order?.startsWith('taken-') ?? false;
  if (isByCapture && (await client.service({ signal })).taken === false) throw failure('no-order', NO_ORDER);
  for await (const one of client.images.list(query)) {
    const image = answerOf<Image>(one, IMAGE);
    if (signal.aborted) throw stopped();
    output.answer(
      image,
      quiet ? shown(image.image_id) : rowText(rowOf(image, { ofSeveral, isByCapture }), output.columns),
    );
    count += 1;
    if (count >= limit) break;
  }
  if (count === 0) output.say('No images.');
  return EXIT.ok;
}

/** Whether the images may have several owners: nobody is named, and the credential is for more than one user. */
async function isOfSeveral(invocation: Invocation): Promise<boolean> {
  if (invocation.connection.user !== undefined) return false;
  return ((await callerOf(invocation))?.user_id ?? null) === null;
}

/** Options with which the service lists an album by upload or by capture only. */
const BESIDE_ALBUM_ORDER = ['tag', 'status', 'since', 'until', 'takenFrom', 'takenTo', 'oldest'] as const;

async function albumQuery(invocation: Invocation, name: string, options: LsOptions): Promise<ListOptions> {
  requireUser(invocation);
  const { album_id: album, order } = await albumNamed(invocation, name);
  return BESIDE_ALBUM_ORDER.some((option) => options[option] !== undefined) ? { album } : { album, order };
}

const NO_ORDER = 'This service has no order by capture. Leave out --order, --taken-from and --taken-to.';

function queryOf(options: LsOptions): ListOptions {
  const { tag, any, search, externalId, metadata, visibility, status, since, until, takenFrom, takenTo } = options;
  const order = orderOf(options);
  return {
    ...(tag && { tag }),
    ...(any && { tag_mode: 'any' }),
    ...(search !== undefined && { q: search }),
    ...(externalId !== undefined && { external_id: externalId }),
    ...(metadata && { metadata }),
    ...(visibility && { visibility }),
    ...(status && { status }),
    ...(since !== undefined && { start_date: since }),
    ...(until !== undefined && { end_date: until }),
    ...(takenFrom !== undefined && { taken_from: takenFrom }),
    ...(takenTo !== undefined && { taken_to: takenTo }),
    ...(order && { order }),
  };
}

/** Dates of capture belong to their own order, or to a search. */
function orderOf({ order, oldest, search, takenFrom, takenTo }: LsOptions): Order | undefined {
  if (order) return order;
  const isByCapture = (takenFrom ?? takenTo) !== undefined && search === undefined;
  if (isByCapture) return oldest ? 'taken-oldest' : 'taken-newest';
  return oldest ? 'oldest' : undefined;
}

const IMAGE = { image_id: 'text', user_id: 'text', created_at: 'text', filename: 'text', tags: ['text'] } as const;

function rowOf(
  image: Image,
  { ofSeveral, isByCapture }: { readonly ofSeveral: boolean; readonly isByCapture: boolean },
) {
  const { image_id: id, created_at: createdAt, facts, size, width, height, filename, tags, rejection } = image;
  const time = isByCapture ? String(facts?.taken_at ?? createdAt) : createdAt;
  const bytes = size === null ? '' : amount(size);
  const sides = width === null ? '' : `${width}x${height}`;
  const suffix = [tags.map((tag) => `#${tag}`).join(' '), rejection?.detail ?? '']
    .filter((part) => part !== '')
    .join(' ');
  const name = suffix === '' ? filename : `${filename}  ${suffix}`;
  const columns = [time.slice(0, 10), bytes.padStart(8), sides.padStart(9)];
  return { id, facts: ofSeveral ? [...columns, image.user_id] : columns, name };
}
