import { takenOf } from '../../../domain/facts/taken.ts';
import { MAX_TAGS } from '../../../domain/image/image-filter.ts';
import { description as descriptionField, tags as tagsField } from '../../../http/request/fields.ts';
import { shownText } from '../../../imaging/facts/text.ts';
import { MAX_XMP_BYTES, readXmp } from '../../../imaging/facts/xmp.ts';
import { preview } from '../../../text/preview.ts';
import type { SourceEntry, SourceFault } from '../import-source.ts';
import type { DateFrom } from './source-entry.ts';
import type { SourceFiles } from './source-files.ts';

/** What the file beside a picture says of it. */
export interface Sidecar {
  /** Its description, or else its title. */
  readonly description: string | null;
  readonly tags: readonly string[];
  readonly takenAt: string | null;
  /** What of it doesn't count, and why; the picture is imported without. */
  readonly faults: readonly SourceFault[];
}

/** Reads the sidecar of a picture, `a.jpg.xmp` or `a.xmp`. undefined: there is none. Errors: `unavailable`. */
export async function readSidecar(
  files: Pick<SourceFiles, 'stat' | 'open'>,
  picture: string,
): Promise<Sidecar | undefined> {
  const paths = [picture, picture.replace(/\.[^./]*$/, '')].flatMap((one) => [`${one}.xmp`, `${one}.XMP`]);
  const [found] = (await Promise.all(paths.map((path) => files.stat(path)))).filter((one) => one !== undefined);
  if (!found || 'fault' in found) return found && unused(found);
  const { path, sizeBytes } = found;
  if (sizeBytes !== null && sizeBytes > MAX_XMP_BYTES)
    return unused({ path, fault: `expected at most ${MAX_XMP_BYTES} bytes of XMP; got ${sizeBytes}` });
  const chunks = await files.open(path, new AbortController().signal); // small, so it is read to its end
  return chunks && sidecarIn(path, await beginningOf(chunks));
}

const unused = (fault: SourceFault): Sidecar => ({ description: null, tags: [], takenAt: null, faults: [fault] });

/** One byte more than XMP may have, of a file that has grown since. */
async function beginningOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_XMP_BYTES) break;
  }
  return Buffer.concat(parts).subarray(0, MAX_XMP_BYTES + 1);
}

/** Characters of a text that is read to be cut or refused. */
const MAX_READ = 16_000;

/** `bytes`: of the file. */
export function sidecarIn(path: string, bytes: Uint8Array): Sidecar {
  const whole = wholeFault(bytes);
  if (whole !== undefined) return unused({ path, fault: whole });
  const { title, description: described, subject = [], ...dates } = readXmp(bytes);
  const faults: SourceFault[] = [];

  const said = [described?.[0], title?.[0]].map((text) => shownText(text ?? '', MAX_READ)).find((text) => text !== '');
  const description = descriptionField.safeParse(said ?? '');
  if (!description.success) faults.push({ path, fault: `${description.error.issues[0]?.message} of its description` });

  const keywords = [...new Set(subject.map((one) => shownText(one, MAX_READ).normalize('NFC')))].filter(Boolean);
  const fitting = keywords.filter((one) => tagsField.safeParse([one]).success);
  for (const one of keywords)
    if (!fitting.includes(one))
      faults.push({ path, fault: `expected keywords that fit into tags; got ${preview(one)}` });
  if (fitting.length > MAX_TAGS)
    faults.push({
      path,
      fault: `expected at most ${MAX_TAGS} keywords; got ${fitting.length}: the others are left out`,
    });

  const { dateTimeOriginal: original, dateCreated: created, createDate } = dates;
  const taken = takenOf(
    { xmp: { original: original?.[0], created: created?.[0], createDate: createDate?.[0] } },
    Number.POSITIVE_INFINITY,
  );
  return {
    description: description.success && said !== undefined ? said : null,
    tags: fitting.slice(0, MAX_TAGS),
    takenAt: taken?.at ?? null,
    faults,
  };
}

/** Why nothing of it is read. `readXmp` reads a damaged packet up to its damage. */
function wholeFault(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_XMP_BYTES) return `expected at most ${MAX_XMP_BYTES} bytes of XMP; got more`;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return 'expected XMP in UTF-8; got other bytes';
  }
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text))
    return 'expected XMP without a document type; got one, which may define entities';
  if (!text.includes('http://www.w3.org/1999/02/22-rdf-syntax-ns#')) return 'expected XMP; got another file';
  return undefined;
}

/**
 * The entry with what its sidecar says and it lacks, behind the sidecar's faults. The sidecar's date counts only if
 * `dateFrom` names the sidecar.
 */
export async function* withSidecar(
  files: Pick<SourceFiles, 'stat' | 'open'>,
  entry: SourceEntry,
  dateFrom: DateFrom,
): AsyncGenerator<SourceEntry | SourceFault, void, void> {
  const sidecar = await readSidecar(files, entry.path);
  yield* sidecar?.faults ?? [];
  const { tags = [], description = null, takenAt = null } = sidecar ?? {};
  yield {
    ...entry,
    description: {
      ...(tags.length > 0 && { tags }),
      ...(description !== null && { description }),
      ...entry.description,
    },
    takenAt: entry.takenAt ?? (dateFrom === 'sidecar' ? takenAt : null),
  };
}
