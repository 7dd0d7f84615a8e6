import { parseImageId } from '../../domain/image/image-id.ts';
import { type BackupId, parseBackupId } from '../archive/backup/names.ts';
import type { RestoreScope } from '../backups/restore-backup.ts';
import { type Command, FLAG, type Given, TEXT, type Work, WrongUsage } from './command.ts';
import { drill } from './restore/drill.ts';
import { restore } from './restore/restore.ts';
import { targetIn } from './target.ts';

const ABOUT = `Brings a backup of TARGET, a folder or s3://BUCKET/PREFIX, into an empty place: of each image the bytes first, then the record.
With records or objects in DATA_DIR the service must not run. What exists stays, so an interrupted restore is repeated.

  --backup ID        another backup than the newest one; backup list TARGET prints them
  --only IDS         only these images, comma-separated, also into a place in use
  --user USER        only the images of this user, also into a place in use
  --erasures FILE    leaves out whom this file of erasures names; those of TARGET always count
  --drill            restores into a temporary folder, on SQLite and disk, reads everything back, and removes it
  --in FOLDER        where the drill makes its folder, if not where the system keeps temporary files
  --json             prints the result as JSON

Ends with 1 if something of the backup could not be restored.`;

export const RESTORE: Command = {
  usage: 'TARGET [OPTIONS]',
  about: ABOUT,
  otherwise: {
    options: { backup: TEXT, only: TEXT, user: TEXT, erasures: TEXT, drill: FLAG, in: TEXT, json: FLAG },
    positionals: ['TARGET'],
    prepare({ values, positionals: [target = ''] }): Work {
      targetIn(target);
      const source = { target, backup: backupIn(values['backup']), erasures: textIn(values['erasures']) };
      const scope = scopeIn(values);
      const isJson = values['json'] === true;
      const folder = textIn(values['in']);
      if (values['drill'] === true) {
        if (scope.of !== 'all') throw new WrongUsage('expected --drill without --only and --user; got both');
        return (start) => drill(start, { source, isJson, folder });
      }
      if (folder !== undefined) throw new WrongUsage('expected --in with --drill; got it alone');
      return (start) => restore(start, { source, scope, isJson });
    },
  },
};

type Value = Given['values'][string];

const textIn = (value: Value): string | undefined => (typeof value === 'string' ? value : undefined);

function backupIn(value: Value): BackupId | undefined {
  if (value === undefined) return undefined;
  const id = parseBackupId(String(value));
  if (id === undefined)
    throw new WrongUsage(`expected the id of a backup after --backup; got ${JSON.stringify(value)}`);
  return id;
}

function scopeIn({ only, user }: Given['values']): RestoreScope {
  if (only !== undefined && user !== undefined) throw new WrongUsage('expected --only or --user; got both');
  if (user !== undefined) return { of: 'user', userId: String(user) };
  if (only === undefined) return { of: 'all' };
  const ids = String(only)
    .split(',')
    .map((text) => {
      const id = parseImageId(text.trim());
      if (id === undefined) throw new WrongUsage(`expected ids of images after --only; got ${JSON.stringify(text)}`);
      return id;
    });
  return { of: 'images', ids: new Set(ids) };
}
