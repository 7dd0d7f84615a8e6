import { composeDecoding } from '../../../run/compose/decoding.ts';
import { oneLine } from '../../../text/one-line.ts';
import { type Tried, tryImport } from '../../imports/try-import.ts';
import { inBytes, onTerminal } from '../backup/words.ts';
import { printJson, type Start } from '../command.ts';
import type { Asked } from './import-now.ts';

/** The rest is counted. */
const MOST_NAMED = 20;
const MOST_IN_JSON = 10_000;

/** Decodes on its own, so that it needs no service, and none notices it. */
export async function dryRun(start: Start, { source: asked, signal, isJson }: Asked): Promise<void> {
  const { config, observe } = start;
  await using source = await asked(start);
  await using decoding = await composeDecoding(config, { observe });
  const named: { readonly path: string; readonly detail: string }[] = [];
  const tried = await tryImport({
    ...{ source, ...decoding, maxUploadBytes: config.maxUploadBytes, now: new Date(), signal },
    onProgress: onTerminal(({ entries, refused }) => `${entries} pictures were looked at, ${refused} would be refused`),
    onRefused(path, detail) {
      if (named.length < (isJson ? MOST_IN_JSON : MOST_NAMED)) named.push({ path, detail });
    },
  });
  if (isJson) printJson(triedJson(tried, named));
  else for (const sentence of sentences(tried, named)) console.log(oneLine(sentence));
  if (tried.refused > 0) process.exitCode = 1;
}

/** One after the other. An import has several under way, and writes. */
const secondsOf = ({ accepted, verified, verifiedMs }: Tried): number =>
  verified === 0 ? 0 : Math.ceil(((verifiedMs / verified) * accepted) / 1_000);

const triedJson = (tried: Tried, refusals: readonly object[]) => ({
  ...{ entries: tried.entries, accepted: tried.accepted, refused: tried.refused, clamped: tried.clamped },
  ...{ bytes: tried.bytes, verified: tried.verified, estimated_seconds: secondsOf(tried), refusals },
});

function sentences(
  tried: Tried,
  named: readonly { readonly path: string; readonly detail: string }[],
): readonly string[] {
  const { accepted, refused, clamped, bytes, verified } = tried;
  const left = refused - named.length;
  return [
    ...named.map(({ path, detail }) => `${path}: ${detail}`),
    ...(left > 0 ? [`and ${left} more, which --json names`] : []),
    `${accepted} pictures (${inBytes(bytes)}) would be imported, and ${refused} refused: nothing was changed`,
    ...(clamped > 0
      ? [`${clamped} have a time before 1970 or in the future, and would get another one that can be`]
      : []),
    `${verified} of them were verified wholly, the others by their first bytes; the import takes about ${inWords(secondsOf(tried))}`,
  ];
}

const inWords = (seconds: number): string =>
  seconds < 120
    ? `${seconds} seconds`
    : seconds < 7_200
      ? `${Math.ceil(seconds / 60)} minutes`
      : `${Math.ceil(seconds / 3_600)} hours`;
