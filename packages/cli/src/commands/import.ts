import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { wrongUsage } from '../failure.ts';
import { importFolder } from '../import/import-folder.ts';
import type { Start } from '../start.ts';
import { summarize } from '../upload/upload-files.ts';
import { concurrencyOption } from './options.ts';

interface ImportOptions {
  readonly table?: string;
  readonly dateFrom: 'picture' | 'table';
  readonly concurrency: number;
  readonly state?: string;
}

const ABOUT = `Sends the files of a folder, each once, with what a table says of them.

The table is CSV or NDJSON. Its column path names the file in DIR; without DIR,
in the table's own folder. Others are user_id, tags, description, filename,
taken_at, external_id, visibility, metadata and metadata.NAME. created_at,
former_id and content_type may be there, but no upload can set them: the images
are uploaded today. \`npm run admin -- import\` on the server sets them too.

Run it again to continue: its memory is in DIR/.safelight, or where --state says.`;

export function addImport(program: Command, start: Start): void {
  program
    .command('import')
    .summary('send the files of a folder that a table describes')
    .description(ABOUT)
    .argument('[dir]', 'the folder')
    .option('--table <file>', 'what is said of each file: .csv, .ndjson or .jsonl')
    .addOption(
      new Option('--date-from <source>', 'who says when pictures were taken')
        .choices(['picture', 'table'])
        .default('picture'),
    )
    .addOption(concurrencyOption())
    .option('--state <dir>', "keep the memory there, for a folder that can't be written")
    .action((dir: string | undefined, { table, dateFrom, concurrency, state }: ImportOptions, command: Command) =>
      start(command, async (invocation) => {
        const folder = dir ?? (table === undefined ? undefined : dirname(table));
        if (folder === undefined) throw wrongUsage('Which files? Name a folder, or a table with --table FILE.');
        const tally = await importFolder(invocation, folder, { table, dateFrom, concurrency, state });
        summarize(invocation, tally, {
          done: invocation.isDryRun ? 'would be sent' : 'uploaded',
          present: 'there already',
        });
        return tally.exitCode;
      }),
    );
}
