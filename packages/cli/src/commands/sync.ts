import type { Command } from 'commander';
import { createPatterns } from '../files/patterns.ts';
import { requireUser } from '../invocation.ts';
import type { Start } from '../start.ts';
import { syncFolder } from '../sync/sync-folder.ts';
import { summarize } from '../upload/upload-files.ts';
import { concurrencyOption, excludeOption, includeOption, tagOption } from './options.ts';
import { descriptionIn } from './upload.ts';

interface SyncCommandOptions {
  readonly tag?: readonly string[];
  readonly concurrency: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly state?: string;
  readonly album?: string;
}

const ABOUT = `Sends the images of a folder that are not in Safelight yet, and never one twice.

It only adds. A file that is deleted here keeps its image. A changed file
becomes another image. An image that is deleted in Safelight is not sent again.
The folder's own memory of this is in DIR/.safelight, or where --state says.`;

export function addSync(program: Command, start: Start): void {
  program
    .command('sync')
    .summary("send a folder's new images, each once")
    .description(ABOUT)
    .argument('<dir>', 'the folder')
    .addOption(tagOption('tags of new images'))
    .option(
      '--album <album>',
      'put the images of the folder into this album: an id, or a title, made if no album has it',
    )
    .addOption(concurrencyOption())
    .addOption(includeOption())
    .addOption(excludeOption())
    .option('--state <dir>', "keep the memory there, for a folder that can't be written")
    .action((folder: string, options: SyncCommandOptions, command: Command) =>
      start(command, async (invocation) => {
        requireUser(invocation);
        const { concurrency, include, exclude, state, album } = options;
        const description = descriptionIn({ ...(options.tag && { tag: options.tag }) });
        const tally = await syncFolder(invocation, folder, {
          description,
          concurrency,
          state,
          album,
          patterns: createPatterns(include, exclude),
        });
        summarize(invocation, tally, {
          done: invocation.isDryRun ? 'would be sent' : 'uploaded',
          present: 'there already',
        });
        return tally.exitCode;
      }),
    );
}
