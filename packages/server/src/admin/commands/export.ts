import { userTextFault } from '../../domain/access/user-id.ts';
import { DAMAGE_REMEDY } from '../../records/sqlite/sqlite-error.ts';
import { composeArchive, requireService } from '../../run/compose/archive.ts';
import { type ExportReport, exportService } from '../exports/export-service.ts';
import { inBytes, onTerminal } from './backup/words.ts';
import { type Command, FLAG, printJson, type Start, TEXT, type Work, WrongUsage } from './command.ts';
import { stopSignal } from './stop-signal.ts';

const ABOUT = `Writes all pictures into a folder that needs no service, also beside the running one: docs/import.md says what is in it. DIR is a new or empty folder, or one with an earlier export of the same service: then only missing originals are copied, and those of deleted images are removed. After an interruption the same command goes on.

  originals/USER/NAME    the bytes, compared with their SHA-256
  images.ndjson          one line for each ready or trashed image, with everything that was said of it
  albums.ndjson          one line for each album
  index.html             shows them in a browser

  --user USER   exports the images of this user alone
  --json        prints the counts as JSON`;

export const EXPORT: Command = {
  usage: 'DIR [--user USER] [--json]',
  about: ABOUT,
  otherwise: {
    options: { user: TEXT, json: FLAG },
    positionals: ['DIR'],
    prepare({ values: { user, json }, positionals: [dir = ''] }): Work {
      const userId = typeof user === 'string' ? userIn(user) : null;
      return (start) => exportTo(start, { dir, userId, isJson: json === true });
    },
  },
};

function userIn(text: string): string {
  const fault = text === '' ? 'expected a user id; got an empty text' : userTextFault(text);
  if (fault === undefined) return text;
  throw new WrongUsage(fault);
}

interface ExportInput {
  readonly dir: string;
  readonly userId: string | null;
  readonly isJson: boolean;
}

async function exportTo({ config, secrets, observe }: Start, { dir, userId, isJson }: ExportInput): Promise<void> {
  requireService(config);
  await using composition = await composeArchive(config, secrets, { observe });
  const onProgress = onTerminal(
    ({ images, copied, copiedBytes }: Pick<ExportReport, 'images' | 'copied' | 'copiedBytes'>) =>
      `${images} images, ${copied} originals copied now (${inBytes(copiedBytes)})`,
  );
  const report = await exportService(composition.services, dir, { userId, signal: stopSignal(), onProgress });
  if (isJson) printJson(reportJson(report));
  else console.log(sentences(report, dir).join('\n'));
  for (const { imageId, detail } of isJson ? [] : report.faults)
    console.error(`Image ${imageId} isn't exported: ${detail}`);
  for (const fault of report.damage) console.error(`The export may lack records: ${fault}`);
  if (report.damage.length > 0) console.error(DAMAGE_REMEDY);
  if (report.faultCount + report.damage.length > 0) process.exitCode = 1;
}

function sentences(report: ExportReport, dir: string): readonly string[] {
  const { images, bytes, users, albums, copied, copiedBytes, removed, notExported, faultCount } = report;
  const { pending, held, rejected } = notExported;
  return [
    `${images} images of ${users} users (${inBytes(bytes)}), ${albums} albums: ${dir}`,
    `${copied} originals were copied now (${inBytes(copiedBytes)}), ${images - copied} were there`,
    ...(removed > 0 ? [`${removed} originals of images that are gone were removed`] : []),
    ...(pending + held + rejected > 0
      ? [`Not exported: ${pending} pending, ${held} held and ${rejected} rejected uploads`]
      : []),
    ...(faultCount > report.faults.length ? [`${faultCount} images can't be exported: the first ones are named`] : []),
  ];
}

const reportJson = (report: ExportReport) => ({
  images: report.images,
  bytes: report.bytes,
  users: report.users,
  albums: report.albums,
  copied: report.copied,
  copied_bytes: report.copiedBytes,
  removed: report.removed,
  not_exported: report.notExported,
  faults: report.faults.map(({ imageId, detail }) => ({ image_id: imageId, detail })),
  fault_count: report.faultCount,
  damage: report.damage,
});
