import { composeSoleArchive } from '../../../run/compose/archive.ts';
import type { RestoreReport, RestoreScope } from '../../backups/restore-backup.ts';
import { printJson, type Start } from '../command.ts';
import { stopSignal } from '../stop-signal.ts';
import { openSource, type SourceOptions } from './open-source.ts';
import { reportJson, reportText } from './report.ts';
import { restoreInto } from './restore-into.ts';

/** `npm run admin -- restore TARGET`. */
export async function restore(
  start: Start,
  { source: options, scope, isJson }: { source: SourceOptions; scope: RestoreScope; isJson: boolean },
): Promise<void> {
  const { config, secrets, observe } = start;
  const signal = stopSignal();
  await using source = await openSource(start, options);
  await using composition = await composeSoleArchive(config, secrets, { observe });
  const { report } = await restoreInto(composition.services, { source, scope, start, signal });
  const { manifest } = source.backup;
  if (isJson) printJson(reportJson(manifest, report));
  else {
    console.log(reportText(manifest, report));
    if (scope.of === 'all') console.log(secretLine(report, secrets.secretKeys !== null));
    if (report.unread > 0) console.log(unreadLine(report));
  }
  if (isIncomplete(report)) process.exitCode = 1;
}

const isIncomplete = ({ damaged, unknown }: RestoreReport): boolean => damaged.length + unknown.length > 0;

const unreadLine = ({ unread }: RestoreReport): string =>
  `Images without what this version reads of a picture, such as its date: ${unread}. npm run admin -- facts has the service read them`;

const SIGNED =
  'URLs of presets, renders and share links, presigned URLs, upload tokens, cursors of lists and the sign-in of pages';

function secretLine({ secret }: RestoreReport, isConfigured: boolean): string {
  if (secret === 'restored') return `The secret of the service was restored: what it signed works again.`;
  if (isConfigured)
    return `SECRET_KEY must be the key of the service that was backed up: with another one void are ${SIGNED}. API keys work.`;
  if (secret === 'same') return 'This place had the secret of the backup already: what it signed works again.';
  if (secret === 'own')
    return `This place had a secret already, which stays, and the backup has none. Unless it is that of the service that was backed up, void are ${SIGNED}. API keys work.`;
  const reason =
    secret === 'other'
      ? 'This place had another secret already, which stays'
      : 'The backup has no secret, and SECRET_KEY is not set, so that the service makes a new one';
  return `${reason}. Void are ${SIGNED}. API keys work.`;
}
