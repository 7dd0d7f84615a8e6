import type { RejectionCode } from '../domain/errors.ts';
import { MEDIA_TYPES } from '../domain/media-type.ts';
import type { Recipe } from '../domain/recipe.ts';
import type { DecodeJob } from './decode-job.ts';
import { isRecord } from './decode-reply.ts';
import type { Inspection, Rendered, RenderRefusal, RenditionType } from './imaging.ts';
import type { Inspected } from './inspect.ts';
import type { JobTerms } from './job-files.ts';
import type { Limits } from './limits.ts';
import type { Header, Timing } from './pixels.ts';
import type { RenderResult } from './render.ts';

const MEGABYTE = 1_048_576;

/** Jobs at the limits (limits.ts) peak below: what takes more has gone wrong. Two decoders render in 1.8 GB. */
const MAX_MEMORY_BYTES = { inspect: 600 * MEGABYTE, render: 900 * MEGABYTE } as const satisfies Record<
  DecodeJob['kind'],
  number
>;

/** What a decode process knows of our jobs: their files, what they may take, and how a sound answer looks. */
export const DECODE_JOB_TERMS: JobTerms<DecodeJob, Inspected | RenderResult> = {
  maxMemoryBytes: ({ kind }) => MAX_MEMORY_BYTES[kind],
  inputOf: (job) => (job.kind === 'inspect' ? job.path : job.source.path),
  outputsOf: (job) => (job.kind === 'inspect' ? [] : job.outputs.map(({ path }) => path)),
  placed(job, input, outputAt) {
    if (job.kind === 'inspect') return { ...job, path: input };
    const outputs = job.outputs.map((output, index) => ({ ...output, path: outputAt(index) }));
    return { ...job, source: { ...job.source, path: input }, outputs };
  },
  parse: (value, job) => (job.kind === 'inspect' ? parseInspected(value, job) : parseRendered(value, job)),
  isMade: (result, index) => 'rendered' in result && result.rendered[index]?.outcome === 'made',
};

/** Errors: `Unsound`, with the name of what it is about. */
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

function list<Value>(value: unknown, name: string, length: number, parse: (one: unknown) => Value): Value[] {
  if (!Array.isArray(value) || value.length > length) throw new Unsound(name);
  return value.map(parse);
}

/** The words of a refusal are shown to clients: a sentence of printable characters. */
const DETAIL = /^[^\p{Cc}\p{Cf}\p{Co}\p{Cs}]{1,500}$/u;
/** A ThumbHash has 5 to 25 bytes (its specification); base64. */
const PLACEHOLDER = /^[A-Za-z0-9+/]{6,34}={0,2}$/;
const COLOR = /^#[0-9a-f]{6}$/;

/** What a look at the bytes can find. */
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

function parseInspected(value: unknown, { declaredType, limits }: InspectJob): Inspected {
  const { inspection, header } = record(value, 'result');
  return { inspection: parseInspection(inspection, declaredType, limits), header: parseHeader(header, limits) };
}

function parseInspection(value: unknown, declaredType: InspectJob['declaredType'], limits: Limits): Inspection {
  const inspection = record(value, 'inspection');
  if (oneOf(inspection['outcome'], 'outcome', ['sound', 'refused']) === 'refused') {
    const rejection = record(inspection['rejection'], 'rejection');
    const code = oneOf(rejection['code'], 'code', REJECTION_CODES);
    return { outcome: 'refused', rejection: { code, detail: text(rejection['detail'], 'detail', DETAIL) } };
  }
  const { contentType, width, height, placeholder, dominantColor } = record(inspection['image'], 'image');
  const sides = { from: 1, to: limits.maxSidePixels };
  return {
    outcome: 'sound',
    image: {
      contentType: oneOf(contentType, 'contentType', [declaredType]),
      width: whole(width, 'width', sides),
      height: whole(height, 'height', sides),
      placeholder: text(placeholder, 'placeholder', PLACEHOLDER),
      dominantColor: text(dominantColor, 'dominantColor', COLOR),
    },
  };
}

function parseRendered(value: unknown, { outputs, limits }: RenderJob): RenderResult {
  const { rendered, header } = record(value, 'result');
  const all = list(rendered, 'rendered', outputs.length, (one) => record(one, 'rendered'));
  return {
    rendered: outputs.map(({ recipe }, index) => parseRendition(all[index], recipe, limits)),
    header: parseHeader(header, limits),
  };
}

function parseRendition(value: unknown, { format }: Recipe, limits: Limits): Rendered {
  const rendition = record(value, 'rendition');
  if (oneOf(rendition['outcome'], 'outcome', ['made', 'refused']) === 'refused') {
    const { code, detail } = record(rendition['refusal'], 'refusal');
    const codes: RenderRefusal['code'][] = ['too-many-pixels', 'unreadable-image', 'no-such-page'];
    return {
      outcome: 'refused',
      refusal: { code: oneOf(code, 'code', codes), detail: text(detail, 'detail', DETAIL) },
    };
  }
  const sides = { from: 1, to: limits.maxSidePixels };
  return {
    outcome: 'made',
    contentType: oneOf(rendition['contentType'], 'contentType', typesOf(format)),
    width: whole(rendition['width'], 'width', sides),
    height: whole(rendition['height'], 'height', sides),
  };
}

const typesOf = (format: Recipe['format']): readonly RenditionType[] =>
  format === 'plain' ? ['image/jpeg', 'image/png'] : [`image/${format}`];

const PIXELS = ['rgb', 'deep-rgb-with-profile', 'cmyk-without-profile', 'other'] as const satisfies Header['pixels'][];

/** A header may say anything: limits.ts judges it. */
const ANY_NUMBER = { from: -(2 ** 31), to: 2 ** 32 };

function parseHeader(value: unknown, limits: Limits): Header | null {
  if (value === null) return null;
  const { type, width, height, frames, channels, orientation, hasAlpha, isProgressive, pixels, timing } = record(
    value,
    'header',
  );
  return {
    type: type === undefined ? undefined : oneOf(type, 'type', [...MEDIA_TYPES, 'image/heic' as const]),
    width: whole(width, 'width', ANY_NUMBER),
    height: whole(height, 'height', ANY_NUMBER),
    frames: whole(frames, 'frames', ANY_NUMBER),
    channels: whole(channels, 'channels', ANY_NUMBER),
    orientation: whole(orientation, 'orientation', ANY_NUMBER),
    hasAlpha: oneOf(hasAlpha, 'hasAlpha', [true, false]),
    isProgressive: oneOf(isProgressive, 'isProgressive', [true, false]),
    pixels: oneOf(pixels, 'pixels', PIXELS),
    timing: timing === null ? null : parseTiming(timing, limits),
  };
}

function parseTiming(value: unknown, { maxFrames }: Limits): Timing {
  const { delay, loop } = record(value, 'timing');
  return {
    delay: list(delay, 'delay', maxFrames, (one) => whole(one, 'delay', ANY_NUMBER)),
    loop: whole(loop, 'loop', ANY_NUMBER),
  };
}
