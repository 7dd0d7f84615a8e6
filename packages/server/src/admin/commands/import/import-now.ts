import { hash } from 'node:crypto';
import type { TakeBytes } from '../../../flow/rate-limit.ts';
import { createChunkCollector } from '../../../run/memory/chunk-collector.ts';
import { oneLine } from '../../../text/one-line.ts';
import { openReport } from '../../imports/import-report.ts';
import { type ImportCounts, runImport } from '../../imports/run-import.ts';
import { inBytes, onTerminal } from '../backup/words.ts';
import { printJson, type Start } from '../command.ts';
import { composeImporter } from './compose-importer.ts';
import type { SourceAsked } from './open-source.ts';

export interface Asked {
  readonly source: SourceAsked;
  readonly signal: AbortSignal;
  readonly isJson: boolean;
  /** The path of the report; undefined: one named after the source, in this folder. */
  readonly report: string | undefined;
  readonly takeBytes: TakeBytes;
}

/** The report has all. */
const MOST_NAMED = 20;

export async function importNow(start: Start, asked: Asked): Promise<void> {
  const { signal, isJson } = asked;
  const now = () => new Date();
  const collector = createChunkCollector();
  const takeBytes: TakeBytes = (...chunk) => {
    collector.look();
    return asked.takeBytes(...chunk);
  };
  await using source = await asked.source(start);
  await using importer = await composeImporter(start, signal);
  const path = asked.report ?? reportOf(source.name);
  await using report = await openReport(path, { source: source.name, service: importer.service, now: now() });
  const named: string[] = [];
  const counts = await runImport({
    ...{ source, importer, report, takeBytes, now, signal, onProgress: onTerminal(inWords) },
    onRefused(entry, detail) {
      if (named.length < MOST_NAMED) named.push(`${entry}: ${detail}`);
    },
  });
  if (isJson) printJson(countsJson(counts, path));
  else for (const sentence of [...named, ...sentences(counts, path)]) console.log(oneLine(sentence));
  if (counts.refused > 0) process.exitCode = 1;
}

export const reportOf = (source: string): string => `import-${hash('sha256', source).slice(0, 8)}.ndjson`;

const inWords = ({ entries, imported, known, refused, bytes }: ImportCounts): string =>
  `${imported + known + refused} of ${entries} pictures so far: ${imported} imported (${inBytes(bytes)}), ${known} were there, ${refused} refused`;

function sentences(counts: ImportCounts, path: string): readonly string[] {
  const { imported, known, refused, refusedBy, clamped, bytes } = counts;
  const codes = Object.entries(refusedBy).map(([code, count]) => `${count} ${code}`);
  return [
    `${imported} pictures were imported (${inBytes(bytes)} read), ${known} had been before, ${refused} were refused`,
    ...(clamped > 0 ? [`${clamped} had a time before 1970 or in the future, and got another one that can be`] : []),
    ...(refused > 0 ? [`Refused: ${codes.join(', ')}. ${path} names each, and why`] : [`${path} has the id of each`]),
  ];
}

export const countsJson = (counts: ImportCounts, report: string) => ({
  ...{ entries: counts.entries, imported: counts.imported, known: counts.known, refused: counts.refused },
  ...{ refused_by: counts.refusedBy, clamped: counts.clamped, read_bytes: counts.bytes, report },
});
