import type { Description } from '@safelight/client';
import { type Command, Option } from 'commander';
import { wrongUsage } from '../failure.ts';
import { readImage } from '../files/local-image.ts';
import { createPatterns } from '../files/patterns.ts';
import { measure, walk } from '../files/walk.ts';
import { type Invocation, reach, requireUser } from '../invocation.ts';
import { rowText } from '../output/rows.ts';
import { shown } from '../output/terminal-text.ts';
import type { Start } from '../start.ts';
import { sendImage } from '../upload/send-image.ts';
import { stageStdin } from '../upload/stage-stdin.ts';
import { describedAs, type FileWork, summarize, uploadFiles } from '../upload/upload-files.ts';
import { isUrl, uploadUrls } from '../upload/upload-urls.ts';
import { concurrencyOption, excludeOption, includeOption, jsonObject, tagOption } from './options.ts';

interface UploadOptions {
  readonly tag?: readonly string[];
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly name?: string;
  readonly externalId?: string;
  readonly replace?: true;
  readonly visibility?: 'private' | 'public';
  readonly concurrency: number;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

export function addUpload(program: Command, start: Start): void {
  program
    .command('upload')
    .summary('send files, folders, or stdin (-)')
    .description(
      'Sends images: files, folders with everything below them, or stdin (-). Prints the id of each image.\n\nThe same upload repeated within a day is one image: after an interruption run the same command again.',
    )
    .argument('<path...>', 'files, folders, globs, - for stdin, or URLs that the service fetches')
    .addOption(tagOption('tags of every image'))
    .option('-d, --description <text>', 'description of every image')
    .addOption(new Option('--metadata <json>', 'your own fields of every image, a JSON object').argParser(jsonObject))
    .option('-n, --name <filename>', 'file name in Safelight, for one file or stdin')
    .option('--external-id <id>', 'your own id of the image, for one file or stdin')
    .option('--replace', 'with --external-id: replace the bytes of the image that has it, if there is one')
    .addOption(new Option('--visibility <who>', 'who may see the presets').choices(['private', 'public']))
    .addOption(concurrencyOption())
    .addOption(includeOption())
    .addOption(excludeOption())
    .action((paths: readonly string[], options: UploadOptions, command: Command) =>
      start(command, (invocation) => upload(invocation, paths, options)),
    );
}

async function upload(invocation: Invocation, paths: readonly string[], options: UploadOptions) {
  requireUser(invocation);
  const { client, connection, output, isDryRun, interruption } = invocation;
  const { concurrency, include, exclude } = options;
  if (options.name !== undefined && paths.length > 1) throw wrongUsage('--name is for one file; got several paths.');
  if (options.externalId !== undefined && paths.length > 1)
    throw wrongUsage('--external-id is for one file; got several paths.');
  if (options.replace && options.externalId === undefined)
    throw wrongUsage('--replace needs --external-id, which names the image.');
  const description = descriptionIn(options);
  const urls = paths.filter(isUrl);
  if (urls.length > 0) {
    if (urls.length < paths.length) throw wrongUsage('URLs are for a command of their own; got files beside them.');
    if (options.replace) throw wrongUsage('--replace is for files; got a URL.');
    const { ingest } = await reach(invocation);
    if (ingest !== true) throw wrongUsage('This service fetches no URLs: download the file, and upload that.');
    const fetched = await uploadUrls(invocation, { urls, concurrency, description });
    summarize(invocation, fetched, { done: isDryRun ? 'would be fetched' : 'uploaded', present: 'there already' });
    return fetched.exitCode;
  }
  const patterns = createPatterns(include, exclude);
  const { limits } = await reach(invocation);

  const send = async (path: string, shownAs: string, described: Description, work: FileWork) => {
    const image = await readImage(path, { client, maxBytes: limits.max_upload_bytes, signal: work.signal });
    if (isDryRun) {
      output.answer({ event: 'planned', path: shownAs, sha256: image.sha256 }, `Would send ${shown(shownAs)}`);
      return 'done' as const;
    }
    const sent = await sendImage(image, {
      ...{ client, url: connection.url, user: connection.user, ...work, description: described },
      ifDeleted: 'send again',
    });
    const text = rowText(
      { id: sent.image_id, facts: sent.status === 'held' ? ['being checked'] : [], name: shownAs },
      output.columns,
    );
    output.answer({ event: 'uploaded', path: shownAs, image: sent }, text);
    return 'done' as const;
  };

  const tally = await uploadFiles({
    ...{ invocation, concurrency, verb: 'Uploading' },
    found: walk(paths, patterns),
    measure: (signal) => measure(paths, patterns, signal),
    send: ({ path }, work) => send(path, path, describedAs(path, description), work),
    async sendStdin(work) {
      await using staged = await stageStdin(limits.max_upload_bytes, interruption.signal);
      return await send(staged.path, '-', description, work);
    },
  });
  summarize(invocation, tally, { done: isDryRun ? 'would be sent' : 'uploaded', present: 'there already' });
  return tally.exitCode;
}

export const descriptionIn = ({
  tag,
  description,
  metadata,
  name,
  externalId,
  replace,
  visibility,
}: Partial<UploadOptions>): Description => ({
  ...(tag !== undefined && { tags: tag }),
  ...(description !== undefined && { description }),
  ...(metadata !== undefined && { metadata }),
  ...(name !== undefined && { filename: name }),
  ...(externalId !== undefined && { externalId }),
  ...(replace && { ifExists: 'replace' as const }),
  ...(visibility !== undefined && { visibility }),
});
