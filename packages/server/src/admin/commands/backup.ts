import { list } from './backup/list.ts';
import { make } from './backup/make.ts';
import { prune } from './backup/prune.ts';
import { verify } from './backup/verify.ts';
import { type Command, FLAG, type Given, TEXT, WrongUsage } from './command.ts';
import { targetIn } from './target.ts';

const DEFAULT_DAILY = 7;
const DEFAULT_WEEKLY = 4;

const ABOUT = `Copies records and originals of the service to TARGET, also while it runs. TARGET is a folder, or s3://BUCKET/PREFIX with
BACKUP_AWS_ACCESS_KEY_ID and BACKUP_AWS_SECRET_ACCESS_KEY. What the target has isn't copied again; an interrupted backup is resumed.

  TARGET [--limit-rate RATE] [--read-share SHARE] [--check] [--with-secret]
                       makes a backup. RATE: bytes each second, as 500K, 20M or 1G
                       SHARE: how much of all originals is read and compared for each day since reading ended, in the service
                       and in TARGET; 1/30 if it isn't given. 1 reads all each time, 0 none
                       --check: checks the SQLite database also if it was found sound within a day
                       --with-secret: also the secret that the service made, on which links and tokens depend
  verify TARGET [--sample N]
                       reads every file of the target, or N originals by chance and all else, and compares them
  list TARGET          prints the backups, the newest first
  prune TARGET [--keep-daily N] [--keep-weekly N]
                       keeps the newest backup of each of the last N days (${DEFAULT_DAILY}) and weeks (${DEFAULT_WEEKLY}) that have one, and removes
                       the others, with the originals that only they have

  --json               prints JSON

Ends with 1 if something is missing, damaged or undone, and says what.`;

export const BACKUP: Command = {
  usage: 'TARGET | verify TARGET | list TARGET | prune TARGET [OPTIONS]',
  about: ABOUT,
  actions: {
    verify: {
      options: { sample: TEXT, json: FLAG },
      positionals: ['TARGET'],
      prepare({ values, positionals: [target = ''] }) {
        targetIn(target);
        const sample = values['sample'] === undefined ? undefined : numberIn(values, 'sample', 1);
        return (start) => verify(start, { target, sample, isJson: values['json'] === true });
      },
    },
    list: {
      options: { json: FLAG },
      positionals: ['TARGET'],
      prepare({ values, positionals: [target = ''] }) {
        targetIn(target);
        return (start) => list(start, { target, isJson: values['json'] === true });
      },
    },
    prune: {
      options: { 'keep-daily': TEXT, 'keep-weekly': TEXT, json: FLAG },
      positionals: ['TARGET'],
      prepare({ values, positionals: [target = ''] }) {
        targetIn(target);
        const keepDaily = numberIn({ 'keep-daily': String(DEFAULT_DAILY), ...values }, 'keep-daily', 0);
        const keepWeekly = numberIn({ 'keep-weekly': String(DEFAULT_WEEKLY), ...values }, 'keep-weekly', 0);
        return (start) => prune(start, { target, keepDaily, keepWeekly, isJson: values['json'] === true });
      },
    },
  },
  otherwise: {
    options: { 'limit-rate': TEXT, 'read-share': TEXT, 'with-secret': FLAG, check: FLAG, json: FLAG },
    positionals: ['TARGET'],
    prepare({ values, positionals: [target = ''] }) {
      targetIn(target);
      const bytesPerSecond = rateIn(values['limit-rate']);
      const share = shareIn(values['read-share']);
      const withSecret = values['with-secret'] === true;
      const mustCheck = values['check'] === true;
      const isJson = values['json'] === true;
      return (start) => make(start, { target, bytesPerSecond, share, withSecret, mustCheck, isJson });
    },
  },
};

function numberIn(values: Given['values'], name: string, least: number): number {
  const given = values[name];
  const number = /^\d{1,9}$/.test(String(given)) ? Number(given) : undefined;
  if (number !== undefined && number >= least) return number;
  throw new WrongUsage(`expected a whole number from ${least} after --${name}; got ${JSON.stringify(given)}`);
}

const UNITS = { '': 1, K: 1_024, M: 1_048_576, G: 1_073_741_824 } as const;

function rateIn(given: Given['values'][string]): number | undefined {
  if (given === undefined) return undefined;
  const [, digits, unit = ''] = /^(\d{1,12})([KMG]?)$/i.exec(String(given)) ?? [];
  const rate = Number(digits) * UNITS[unit.toUpperCase() as keyof typeof UNITS];
  if (rate > 0) return rate;
  throw new WrongUsage(`expected bytes each second, as 20M, after --limit-rate; got ${JSON.stringify(given)}`);
}

function shareIn(given: Given['values'][string]): number | undefined {
  if (given === undefined) return undefined;
  const [, above, below = '1'] = /^(\d{1,9}(?:\.\d{1,9})?)(?:\/(\d{1,9}))?$/.exec(String(given)) ?? [];
  const share = Number(above) / Number(below);
  if (share >= 0 && share <= 1) return share;
  throw new WrongUsage(
    `expected a share from 0 to 1, as 1/30 or 0.1, after --read-share; got ${JSON.stringify(given)}`,
  );
}
