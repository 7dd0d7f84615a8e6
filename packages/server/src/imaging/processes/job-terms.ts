import type { RejectionCode } from '../../domain/errors.ts';
import type { ReadFacts } from '../../domain/facts/facts.ts';
import { WORKING_COPY_TYPES } from '../../domain/image/working-copy.ts';
import { soundParams } from '../../domain/params-by-code.ts';
import { type CopiedImage, copyRecipe } from '../../domain/rendition/copy-recipes.ts';
import type { Recipe } from '../../domain/rendition/recipe.ts';
import type { Inspection, MadeCopy, Rendered, RenderRefusal, RenditionType } from '../imaging.ts';
import type { Limits } from '../limits.ts';
import type { DecodeJob, DecodeResult } from './decode-job.ts';
import { isRecord } from './decode-reply.ts';
import type { JobTerms } from './job-files.ts';
import { parseFacts } from './parse-facts.ts';

const MEGABYTE = 1_048_576;

/** Jobs at the limits (imaging/limits.ts) peak below: what takes more has gone wrong. Two decoders render in 1.8 GB. */
const MAX_MEMORY_BYTES = 900 * MEGABYTE;
/** libvips streams what it inspects; only a HEIC is decoded as a whole. */
const MAX_STREAMED_BYTES = 600 * MEGABYTE;

const maxMemoryBytes = (job: DecodeJob): number => {
  const isWhole = job.kind === 'render' || (job.kind === 'inspect' && job.declaredType === 'image/heic');
  return isWhole ? MAX_MEMORY_BYTES : MAX_STREAMED_BYTES;
};

/** The decode process's view of the jobs: their files, their limits, and the form of a sound answer. */
export const DECODE_JOB_TERMS: JobTerms<DecodeJob, DecodeResult> = {
  maxMemoryBytes,
  inputsOf: (job) =>
    job.kind === 'render' ? [job.source.path, ...(job.source.marks ?? []).map(({ path }) => path)] : [job.path],
  outputsOf(job) {
    switch (job.kind) {
      case 'inspect':
        return copiesOf(job);
      case 'facts':
        return [];
      case 'render':
        return job.outputs.map(({ path }) => path);
    }
  },
  placed(job, inputAt, outputAt) {
    if (job.kind === 'facts') return { ...job, path: inputAt(0) };
    if (job.kind === 'inspect') return { ...job, path: inputAt(0), ...(job.copyTo && { copyTo: outputAt(0) }) };
    const outputs = job.outputs.map((output, index) => ({ ...output, path: outputAt(index) }));
    const marks = job.source.marks?.map((mark, index) => ({ ...mark, path: inputAt(index + 1) }));
    return { ...job, source: { ...job.source, path: inputAt(0), marks }, outputs };
  },
  parse(value, job) {
    switch (job.kind) {
      case 'inspect':
        return parseInspection(value, job);
      case 'facts':
        return parseFacts(record(value, 'facts'), job.latestMs);
      case 'render':
        return parseRendered(value, job);
    }
  },
  withBytes: (result, sent) =>
    isRendered(result)
      ? result.map((one, index) => (one.outcome === 'made' ? { ...one, bytes: sent[index] ?? null } : one))
      : undefined,
  isMade: (result, index) =>
    isRendered(result) ? result[index]?.outcome === 'made' : isSound(result) && result.copy !== null,
  withoutOutput: (result) => (!isRendered(result) && isSound(result) ? { ...result, copy: null } : undefined),
};

const isRendered = (result: DecodeResult): result is readonly Rendered[] => Array.isArray(result);

const isSound = (result: Inspection | ReadFacts): result is Extract<Inspection, { outcome: 'sound' }> =>
  'outcome' in result && result.outcome === 'sound';

const copiesOf = ({ copyTo }: InspectJob): readonly string[] => (copyTo === undefined ? [] : [copyTo]);

/** Errors: `Unsound`, with the field's name. */
class Unsound extends Error {}

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown, name: string): Fields {
  if (!isRecord(value)) throw new Unsound(name);
  return value;
}

function text(value: unknown, name: string, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw new Unsound(name);
  return value;
}

function whole(value: unknown, name: string, { from, to }: { readonly from: number; readonly to: number }): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to) throw new Unsound(name);
  return value;
}

function oneOf<const Value>(value: unknown, name: string, values: readonly Value[]): Value {
  const found = values.find((one) => one === value);
  if (found === undefined) throw new Unsound(name);
  return found;
}

/** A refusal's text is sent to clients: a sentence of printable characters. */
const DETAIL = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]{1,500}$/u;
/** A ThumbHash has 5 to 25 bytes (its specification); base64. */
const PLACEHOLDER = /^[A-Za-z0-9+/]{6,34}={0,2}$/;
const COLOR = /^#[0-9a-f]{6}$/;

/** The verdicts of an inspection. */
const REJECTION_CODES = [
  'empty-upload',
  'unsupported-type',
  'type-mismatch',
  'content-mismatch',
  'unreadable-image',
  'too-many-pixels',
] as const satisfies readonly RejectionCode[];

type InspectJob = Extract<DecodeJob, { kind: 'inspect' }>;
type RenderJob = Extract<DecodeJob, { kind: 'render' }>;

function parseInspection(value: unknown, { declaredType, limits, copyTo, latestMs }: InspectJob): Inspection {
  const inspection = record(value, 'inspection');
  if (oneOf(inspection['outcome'], 'outcome', ['sound', 'refused']) === 'refused') {
    const rejection = record(inspection['rejection'], 'rejection');
    const code = oneOf(rejection['code'], 'code', REJECTION_CODES);
    const params = soundParams(code, rejection['params']);
    const detail = text(rejection['detail'], 'detail', DETAIL);
    return { outcome: 'refused', rejection: { code, detail, ...(params && { params }) } };
  }
  const { contentType, width, height, placeholder, dominantColor } = record(inspection['image'], 'image');
  const sides = { from: 1, to: limits.maxSidePixels };
  const image = {
    contentType: oneOf(contentType, 'contentType', [declaredType]),
    width: whole(width, 'width', sides),
    height: whole(height, 'height', sides),
    placeholder: text(placeholder, 'placeholder', PLACEHOLDER),
    dominantColor: text(dominantColor, 'dominantColor', COLOR),
  };
  const { copy, facts } = inspection;
  return {
    outcome: 'sound',
    image,
    copy: copyTo === undefined || copy === null ? null : parseCopy(copy, image),
    facts: parseFacts(facts, latestMs),
  };
}

/** Parses a copy, which must have exactly the size that this image's copy has. */
function parseCopy(value: unknown, image: CopiedImage): MadeCopy {
  const { contentType, width, height } = record(value, 'copy');
  const size = copyRecipe(image)?.scaled;
  return {
    contentType: oneOf(contentType, 'contentType', WORKING_COPY_TYPES),
    width: oneOf(width, 'width', [size?.width ?? 0]),
    height: oneOf(height, 'height', [size?.height ?? 0]),
  };
}

function parseRendered(value: unknown, { outputs, limits }: RenderJob): readonly Rendered[] {
  if (!Array.isArray(value) || value.length > outputs.length) throw new Unsound('rendered');
  return outputs.map(({ recipe }, index) => parseRendition(value[index], recipe, limits));
}

function parseRendition(value: unknown, { format }: Recipe, limits: Limits): Rendered {
  const rendition = record(value, 'rendition');
  if (oneOf(rendition['outcome'], 'outcome', ['made', 'refused']) === 'refused') {
    const { code, detail, params } = record(rendition['refusal'], 'refusal');
    const codes: RenderRefusal['code'][] = ['too-many-pixels', 'too-many-bytes', 'unreadable-image', 'no-such-page'];
    const sound = soundParams('rendition-failed', params);
    return {
      outcome: 'refused',
      refusal: {
        code: oneOf(code, 'code', codes),
        detail: text(detail, 'detail', DETAIL),
        ...(sound && { params: sound }),
      },
    };
  }
  const sides = { from: 1, to: limits.maxSidePixels };
  return {
    outcome: 'made',
    contentType: oneOf(rendition['contentType'], 'contentType', typesOf(format)),
    width: whole(rendition['width'], 'width', sides),
    height: whole(rendition['height'], 'height', sides),
    bytes: null,
  };
}

function typesOf(format: Recipe['format']): readonly RenditionType[] {
  if (format === 'copy') return WORKING_COPY_TYPES;
  return format === 'plain' ? ['image/jpeg', 'image/png'] : [`image/${format}`];
}
