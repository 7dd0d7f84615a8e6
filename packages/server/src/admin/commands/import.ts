import { createRateLimit } from '../../flow/rate-limit.ts';
import { type Command, FLAG, type Start, TEXT, type Work, WrongUsage } from './command.ts';
import { dryRun } from './import/dry-run.ts';
import { importNow } from './import/import-now.ts';
import { parsedSource, type SourceAsked } from './import/open-source.ts';
import { stopSignal } from './stop-signal.ts';

const ABOUT = `Brings pictures from elsewhere into the service, each verified as an upload is, with its user, tags and date. SOURCE is only read:

  DIR                 a folder, with sidecars (.xmp), or with a table; or a folder that the command export has written
  s3://BUCKET/PREFIX  a bucket, read with the keys of IMPORT_AWS_ACCESS_KEY_ID and IMPORT_AWS_SECRET_ACCESS_KEY if they are set
  urls:FILE           the pictures at the URLs of a file, one a line, or of the column path of --table FILE (urls:). INGEST_HOSTS names the hosts
  earlier:000 to 004  one of the five earlier services, from its table and bucket; the ids that it gave go on answering

  --user USER             whose pictures they are
  --user-pattern PATTERN  or the user is a part of the path, as in {user}/{rest}
  --table FILE            or a CSV or NDJSON file says it, with tags, dates and more (docs/import.md). For earlier: the name of its table
  --bucket NAME           for earlier: the name of its bucket
  --date-from WHO         who tells when pictures were taken: picture, sidecar, or table (picture)

  --report FILE      one line of JSON for each picture: what became of it, and its id. The same command with the same file goes on
                     where it stopped, and brings nothing twice (import-HASH.ndjson, in this folder)
  --limit-rate N     reads at most N megabytes a second
  --dry-run          changes nothing: counts what would come, tells what would be refused and why, and about how long it takes
  --json             prints the result as JSON

Beside a running service with records in SQLite the service does the work. Ends with 1 if something was refused.`;

export const IMPORT: Command = {
  usage: 'SOURCE [OPTIONS]',
  about: ABOUT,
  otherwise: {
    options: {
      ...{ user: TEXT, 'user-pattern': TEXT, table: TEXT, bucket: TEXT, 'date-from': TEXT },
      ...{ report: TEXT, 'limit-rate': TEXT, 'dry-run': FLAG, json: FLAG },
    },
    positionals: ['SOURCE'],
    prepare({ values, positionals: [name = ''] }): Work {
      const text = (option: string): string | undefined => {
        const value = values[option];
        return typeof value === 'string' ? value : undefined;
      };
      const source: SourceAsked = parsedSource({
        ...{ name, user: text('user'), userPattern: text('user-pattern'), table: text('table') },
        ...{ bucket: text('bucket'), dateFrom: text('date-from') },
      });
      const signal = stopSignal();
      const asked = {
        ...{ source, signal, isJson: values['json'] === true, report: text('report') },
        takeBytes: createRateLimit(bytesPerSecond(text('limit-rate')), () => performance.now()),
      };
      const work = values['dry-run'] === true ? dryRun : importNow;
      return (start: Start) => work(start, asked);
    },
  },
};

function bytesPerSecond(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const megabytes = /^\d{1,6}(\.\d{1,3})?$/.test(given) ? Number(given) : 0;
  if (megabytes > 0) return megabytes * 1_000_000;
  throw new WrongUsage(`expected megabytes a second after --limit-rate, as 20; got ${JSON.stringify(given)}`);
}
