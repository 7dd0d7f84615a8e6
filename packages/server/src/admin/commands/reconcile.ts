import type { ReconcileAnswer, ReconcileRequest } from '../../operations/reconcile/answer-reconcile.ts';
import { createMender, type Mender } from '../../operations/reconcile/mend.ts';
import { lagMsOf, reconcile } from '../../operations/reconcile/reconcile.ts';
import { createSummary, type FindingJson, findingJson, type SummaryJson } from '../../operations/reconcile/report.ts';
import {
  type ArchiveServices,
  composeArchive,
  composeSoleArchive,
  isServed,
  type SoleArchiveServices,
} from '../../run/compose/archive.ts';
import { sharesRecords } from '../../run/config/config.ts';
import { askService } from './ask-service.ts';
import { onTerminal } from './backup/words.ts';
import { type Command, FLAG, printJson, type Start, type Work, WrongUsage } from './command.ts';
import { stopSignal } from './stop-signal.ts';

const ABOUT = `Compares records, objects and usage with each other, also while the service runs, and explains what differs: records without bytes,
bytes without a record, wrong sizes, working copies, leftovers of attempts, usage. Changes nothing, unless it is told to.

  --read       reads every byte, and compares it with the SHA-256 in the record
  --mend       mends what is found. An image whose bytes are lost is deleted: bring them back from a backup first.
               With records in SQLite a running service does it for the command
  --json       prints each finding as a line of JSON, and a summary as the last one

Objects without a record are told and removed once they are older than 40 days. Ends with 1 if something differs that was not mended.`;

export const RECONCILE: Command = {
  usage: '[OPTIONS]',
  about: ABOUT,
  otherwise: {
    options: { read: FLAG, mend: FLAG, 'dry-run': FLAG, json: FLAG },
    positionals: [],
    prepare({ values }): Work {
      const isMending = values['mend'] === true;
      if (isMending && values['dry-run'] === true) throw new WrongUsage('expected --mend or --dry-run; got both');
      const asked: Asked = {
        request: { compare: values['read'] === true ? 'bytes' : 'sizes' },
        print: values['json'] === true ? printJson : printText,
        signal: stopSignal(),
      };
      return (start) => (isMending ? mendOrAsk(start, asked) : find(start, asked));
    },
  },
};

interface Asked {
  readonly request: ReconcileRequest;
  readonly print: (what: FindingJson | SummaryJson) => void;
  readonly signal: AbortSignal;
}

async function find(start: Start, asked: Asked): Promise<void> {
  const { config, secrets, observe } = start;
  await using composition = await composeArchive(config, secrets, { observe });
  await run(start, composition.services, { ...asked, mender: null });
}

/** The service has the lock of the folder with its records: it alone may change them. */
async function mendOrAsk(start: Start, asked: Asked): Promise<void> {
  await using composition = await composeSole(start);
  if (composition) {
    const { services } = composition;
    await run(start, services, { ...asked, mender: createMender(services) });
  } else await ask(start, asked);
}

async function composeSole({ config, secrets, observe }: Start) {
  try {
    return await composeSoleArchive(config, secrets, { observe });
  } catch (error) {
    if (!sharesRecords(config) && isServed(error)) return null;
    throw error;
  }
}

async function run(
  { config, observe }: Start,
  services: ArchiveServices | SoleArchiveServices,
  { request, print, signal, mender }: Asked & { readonly mender: Mender | null },
): Promise<void> {
  let walked = { images: 0, objects: 0 };
  const summary = createSummary();
  const tell = onTerminal(inWords);
  const found = reconcile(
    { ...services, observe },
    {
      ...request,
      mender,
      countsUsage: config.quotas !== null,
      lagMs: lagMsOf(config.dynamodb ? 'table' : 'database'),
      signal,
      onProgress(progress) {
        walked = progress;
        tell(progress);
      },
    },
  );
  for await (const one of found) {
    summary.add(one);
    print(findingJson(one));
  }
  end(summary.json(walked), print);
}

async function ask({ config, secrets, observe }: Start, { request, print, signal }: Asked): Promise<void> {
  await using composition = await composeArchive(config, secrets, { observe });
  const answer = await askService(composition.services, { kind: 'reconcile', body: request }, signal);
  const { findings, summary } = answer as ReconcileAnswer; // of this version, which has the database
  for (const one of findings) print(one);
  const left = summary.findings - findings.length;
  if (left > 0) console.error(`and ${left} more findings, which are not told one by one`);
  end(summary, print);
}

function end(summary: SummaryJson, print: Asked['print']): void {
  print(summary);
  const { found, left } = summary.by_outcome;
  if (found + left > 0) process.exitCode = 1;
}

const inWords = ({ images, objects }: { readonly images: number; readonly objects: number }): string =>
  `${images} images and ${objects} objects were looked at`;

function printText(what: FindingJson | SummaryJson): void {
  if ('explanation' in what) console.log(`${what.outcome}: ${what.kind}: ${what.explanation}`);
  else console.log(`${inWords(what)}: ${wordsOf(what)}`);
}

function wordsOf({ findings, by_outcome: { found, mended, changed, left } }: SummaryJson): string {
  if (findings === 0) return 'nothing differs';
  if (found > 0) return `${found} findings, of which nothing was mended: --mend does`;
  return `${findings} findings: ${mended} mended, ${changed} right meanwhile, ${left} left for a person to look at`;
}
