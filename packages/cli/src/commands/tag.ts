import { type Image, SafelightError } from '@safelight/client';
import type { Command } from 'commander';
import { answerOf } from '../answer-of.ts';
import { type Ending, runBatch } from '../batch.ts';
import { wrongUsage } from '../failure.ts';
import type { Invocation } from '../invocation.ts';
import { rowText } from '../output/rows.ts';
import type { Start } from '../start.ts';
import { imageIds } from './image-ids.ts';
import { collectList } from './options.ts';

interface TagOptions {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly set?: readonly string[];
}

/** Attempts when others change the same image. */
const ATTEMPTS = 5;
const AT_ONCE = 4;
const TAGGED = { tags: ['text'] } as const;

export function addTag(program: Command, start: Start): void {
  program
    .command('tag')
    .summary('change the tags of images')
    .description('Changes the tags of images. Tags are separated by commas, or the option is repeated.')
    .argument('<id...>', 'image ids, or - for those on stdin')
    .option('-a, --add <tags>', 'add these tags', collectList)
    .option('-r, --remove <tags>', 'remove these tags', collectList)
    .option('--set <tags>', "these tags only; '' for none", collectList)
    .action((ids: readonly string[], options: TagOptions, command: Command) =>
      start(command, (invocation) => tag(invocation, ids, options)),
    );
}

async function tag(invocation: Invocation, ids: readonly string[], options: TagOptions) {
  const { add, remove, set } = options;
  if (set === undefined && add === undefined && remove === undefined)
    throw wrongUsage('Which tags? Give --add, --remove or --set.');
  if (set !== undefined && (add !== undefined || remove !== undefined))
    throw wrongUsage('--set replaces all tags; leave out --add and --remove.');
  const { output, interruption } = invocation;
  const tally = await runBatch({
    items: imageIds(ids),
    ...{ concurrency: AT_ONCE, signal: interruption.signal, output, connection: invocation.connection },
    about: (id) => ({ name: id, fields: { image_id: id } }),
    act: (id) => tagOne(invocation, id, options),
  });
  return tally.exitCode;
}

async function tagOne({ client, output, isDryRun }: Invocation, id: string, options: TagOptions): Promise<Ending> {
  for (let attempt = 1; ; attempt += 1) {
    const before = answerOf<Image>(await client.images.get(id), TAGGED);
    const tags = changedTags(before, options);
    const textOf = (all: readonly string[]) => rowText({ id, facts: [], name: all.join(',') }, output.columns);
    const isSame = tags.length === before.tags.length && tags.every((one) => before.tags.includes(one));
    if (isSame || isDryRun) {
      output.answer({ event: isSame ? 'present' : 'planned', image_id: id, tags }, textOf(tags));
      return isSame ? 'present' : 'done';
    }
    try {
      const after = answerOf<Image>(await client.images.update(id, { tags }, { revision: before.revision }), TAGGED);
      output.answer({ event: 'tagged', image_id: id, tags: after.tags }, textOf(after.tags));
      return 'done';
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof SafelightError) || error.code !== 'revision-conflict') throw error;
    }
  }
}

function changedTags({ tags }: Image, { add = [], remove = [], set }: TagOptions): readonly string[] {
  return [...new Set(set ?? [...tags.filter((one) => !remove.includes(one)), ...add])];
}
