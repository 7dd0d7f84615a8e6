import { parseBackupId } from '../../archive/backup/names.ts';
import { type ImageId, parseImageId } from '../../domain/image/image-id.ts';
import type { RestoreReport, RestoreScope } from '../../operations/backups/restore-backup.ts';
import { type Command, FLAG, type Given, printJson, TEXT, type Work, WrongUsage } from './command.ts';
import { drill } from './restore/drill.ts';
import { openSource, type Source } from './restore/open-source.ts';
import { restoreInto } from './restore/restore-into.ts';

const ABOUT = `Brings back a backup of TARGET, a folder or s3://BUCKET/PREFIX, into an empty place: the bytes of each image first, then its record.
With records or objects in DATA_DIR the service must not run. What exists stays, so an interrupted restore is repeated.

  --backup ID        another backup than the newest one (backup list TARGET prints them)
  --only IDS         only these images, comma-separated, also into a place in use
  --user USER        only the images of this user, also into a place in use
  --erasures FILE    doesn't bring back whom this file of erasures names; those of TARGET always count
  --drill            restores into a temporary folder, on SQLite and disk, reads everything back, compares it, and removes it
  --in FOLDER        where the drill makes its folder; without it, where the system keeps temporary files
  --json             prints the result as JSON

Ends with 1 if anything of the backup was not restored.`;

export const RESTORE: Command = {
  usage: 'TARGET [OPTIONS]',
  about: ABOUT,
  otherwise: {
    options: { backup: TEXT, only: TEXT, user: TEXT, erasures: TEXT, drill: FLAG, in: TEXT, json: FLAG },
    positionals: ['TARGET'],
    prepare({ values, positionals: [target = ''] }): Work {
      const source = { target, backup: backupIn(values['backup']), erasures: textIn(values['erasures']) };
      const scope = scopeIn(values);
      const isJson = values['json'] === true;
      if (values['drill'] === true) {
        if (scope.of !== 'all') throw new WrongUsage('expected --drill without --only and --user; got both');
        return (start) => drill(start, { source, isJson, folder: textIn(values['in']) });
      }
      if (values['in'] !== undefined) throw new WrongUsage('expected --in with --drill; got it alone');
      return (start) => restore(start, { source, scope, isJson });
    },
  },
};
