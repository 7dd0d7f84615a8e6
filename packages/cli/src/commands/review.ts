import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Image, SafelightError } from '@safelight/client';
import type { Command } from 'commander';
import { type Ending, runBatch } from '../batch.ts';
import { writeNew } from '../download/download-image.ts';
import { EXIT } from '../exit-code.ts';
import { failure, stopped } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { amount, counted } from '../output/amounts.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { imageIds, isImageId } from './image-ids.ts';
import { concurrencyOption, wholeNumber } from './options.ts';

/** The commands of moderators: what waits for a gate, and their words about it. */
export function addReview(program: Command, start: Start): void {
  program
    .command('held')
    .summary('list images that wait for a gate')
    .description(
      'Lists held images, the newest first: id, gate, when the wait ends, size, dimensions, user and file name; with --user those of one user. It leaves out pictures of guests that only the owner of an album decides about: --gate owner lists them. Needs a credential with images:moderate.\n\n--save writes a small JPEG of each, named by its id, to look at: safelight held --save look/',
    )
    .option('--gate <name>', 'only those that wait for this gate')
    .option('--save <folder>', 'write a JPEG of each into this folder; files that are there already stay')
    .option('-l, --limit <n>', 'at most so many', wholeNumber(1, 1_000_000_000))
    .option('-q, --quiet', 'only ids, for other commands: safelight held -q | safelight approve -')
    .action((options: HeldOptions, command: Command) => start(command, (invocation) => held(invocation, options)));
  for (const { name, verdict, summary, about } of VERDICTS) {
    const command = program
      .command(name)
      .summary(summary)
      .description(about)
      .argument('<id...>', 'image ids, or - for those on stdin')
      .option('--gate <name>', 'the gate to speak for (default: the one that the image waits for)')
      .addOption(concurrencyOption());
    if (verdict === 'refuse')
      command.option('--reason <text>', 'for the uploader').option('--private-reason <text>', 'for moderators only');
    command.action((ids: readonly string[], options: DecideOptions, self: Command) =>
      start(self, (invocation) => decide(invocation, ids, { ...options, verdict })),
    );
  }
}

const VERDICTS = [
  {
    name: 'approve',
    verdict: 'pass',
    summary: 'let held images pass their gate',
    about:
      'Lets held images pass the gate that they wait for. An image is ready once it has passed all of its gates. Needs a credential with images:moderate.',
  },
  {
    name: 'refuse',
    verdict: 'refuse',
    summary: 'refuse held images',
    about:
      'Refuses held images. Their bytes are removed, for good; the uploader sees --reason. Needs a credential with images:moderate.',
  },
] as const;

interface HeldOptions {
  readonly gate?: string;
  readonly save?: string;
  readonly limit?: number;
  readonly quiet?: boolean;
}

interface DecideOptions {
  readonly gate?: string;
  readonly reason?: string;
  readonly privateReason?: string;
  readonly concurrency: number;
}

/** The owner of an album decides about pictures of guests: moderators can't. */
const OWNER_GATE = 'owner';

/** Each needs a request of its own for its gate. */
const PAGE = 100;

async function held(invocation: Invocation, { gate, save, limit = Number.POSITIVE_INFINITY, quiet }: HeldOptions) {
  const { client, connection, output, interruption, isDryRun } = invocation;
  const { signal } = interruption;
  if (save !== undefined && !isDryRun) await mkdir(save, { recursive: true });
  let count = 0;
  const owner = connection.user === undefined ? {} : { user_id: connection.user };
  for await (const image of client.images.list({ status: 'held', ...owner, limit: Math.min(limit, PAGE), signal })) {
    if (signal.aborted) throw stopped();
    const { status, waits_for: waitsFor } = await client.images.decisions(image.image_id);
    const isAsked = gate === undefined ? waitsFor !== OWNER_GATE : waitsFor === gate;
    if (status !== 'held' || !isAsked) continue; // decided since it was listed
    const path = save === undefined ? undefined : await saved(invocation, image, save);
    const value = { ...image, waits_for: waitsFor, ...(path !== undefined && { path }) };
    output.answer(value, quiet ? shown(image.image_id) : rowText(rowOf(image, waitsFor ?? ''), output.columns));
    count += 1;
    if (count >= limit) break;
  }
  if (count === 0) output.say('No image waits.');
  return EXIT.ok;
}

/** The file of its picture. Errors: `unexpected-answer` for an id that could be a path. */
async function saved({ client, isDryRun, interruption }: Invocation, { image_id: id }: Image, folder: string) {
  if (!isImageId(id))
    throw new SafelightError('unexpected-answer', `expected the id of an image; got ${JSON.stringify(id)}`);
  const path = join(folder, `${id}.jpg`);
  if (isDryRun || (await isThere(path))) return path;
  const picture = await client.images.review(id, { signal: interruption.signal });
  await writeNew(path, async (keep) => keep(await picture.bytes()));
  return path;
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

function rowOf(image: Image, gate: string) {
  const { image_id: id, held_until: until, size, width, height, user_id: user, filename } = image;
  const bytes = size === null ? '' : amount(size);
  const sides = width === null ? '' : `${width}x${height}`;
  const end = until === undefined ? '' : `until ${until.slice(0, 16)}Z`;
  return { id, facts: [gate, end, bytes.padStart(8), sides.padStart(9)], name: `${user}/${filename}` };
}

async function decide(
  invocation: Invocation,
  ids: readonly string[],
  { verdict, gate, reason, privateReason, concurrency }: DecideOptions & { readonly verdict: 'pass' | 'refuse' },
) {
  const { client, output, isDryRun, interruption, connection } = invocation;
  const done = verdict === 'pass' ? 'approved' : 'refused';
  const tally = await runBatch({
    items: imageIds(ids),
    ...{ concurrency, signal: interruption.signal, output, connection },
    about: (id) => ({ name: id, fields: { image_id: id } }),
    async act(id): Promise<Ending> {
      const awaited = await client.images.decisions(id);
      const at = gate ?? awaited.waits_for;
      if (at === null || awaited.sha256 === null)
        throw failure('not-found', `It is ${awaited.status}: only an image that is held can be ${done}.`);
      if (isDryRun) {
        output.answer({ event: 'planned', image_id: id, gate: at, verdict }, `Would be ${done} at ${at}: ${id}`);
        return 'done';
      }
      const { status } = await client.images.decide(id, {
        ...{ gate: at, sha256: awaited.sha256, verdict },
        ...(reason !== undefined && { reason }),
        ...(privateReason !== undefined && { privateReason }),
      });
      output.answer(
        { event: done, image_id: id, gate: at, status },
        rowText({ id, facts: [at], name: status }, output.columns),
      );
      return 'done';
    },
  });
  output.say(
    `${counted(tally.done, 'image')} ${isDryRun ? `would be ${done}` : done}${tally.failed > 0 ? `, ${tally.failed} failed` : ''}.`,
  );
  return tally.exitCode;
}
