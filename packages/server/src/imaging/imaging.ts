import type { Payer } from '../domain/access/payer.ts';
import type { ReadFacts } from '../domain/facts/facts.ts';
import type { Rejection, Verified } from '../domain/image/image.ts';
import type { MediaType } from '../domain/image/media-type.ts';
import type { WorkingCopy } from '../domain/image/working-copy.ts';
import type { ProblemParams } from '../domain/problem-params.ts';
import type { Recipe } from '../domain/rendition/recipe.ts';
import type { Size } from '../domain/rendition/transform.ts';
import type { Urgency } from './processes/waiting-jobs.ts';

/** All inspection and rendering of image bytes. It runs in separate processes, because the bytes may crash them. */
export interface Imaging extends AsyncDisposable {
  /** The name of the encoder: another encoder may make other bytes of the same recipe. */
  readonly encoder: string;

  /**
   * The confinement of decoders, at once: the expected level until one has been measured, which `start.js` and the
   * worker have done within a second of their start, before any job. It is certain from the beginning if the system
   * can't confine decoders.
   */
  confinement(): KnownConfinement;

  /** The confinement of decoders; waits for a measurement that is running. */
  measuredConfinement(): Promise<KnownConfinement>;

  /** Now, at once, for gauges. */
  load(): DecoderLoad;

  /**
   * Checks the signature, header and pixels of a file, which is a path or is fetched. Bytes that aren't a sound image
   * of the declared type are `refused`. Errors: those of the fetch; `decoder-failed` if the decoder crashed or took too
   * long; `overloaded` if too many requests wait, or this one has waited for 10 s; `unavailable` if the file can't be
   * read, no process starts or the service stops, none of which is a fault of the bytes; the client's abort reason if
   * it left before the work began. Work that has begun is finished.
   */
  inspect(
    source: string | ToFetch<InspectSource>,
    declaredType: MediaType,
    options?: InspectOptions,
  ): Promise<Inspection>;

  /**
   * Reads what a verified file says about itself, without its pixels, in the background and in the share of unknown
   * payers. Errors: those of `inspect`.
   */
  readFacts(
    source: string | ToFetch<InspectSource>,
    type: MediaType,
    options: { readonly latest: Date },
  ): Promise<ReadFacts>;

  /**
   * Makes renditions of one verified file in one process, a large one into a new file at its `path`; smaller ones are
   * made from a larger one's pixels if possible. Returns results in the order of the outputs. Errors: those of
   * `inspect`, and `insufficient-storage` if there is no room for a file.
   */
  render(
    source: RenderSource | ToFetch<RenderSource>,
    outputs: readonly RenderOutput[],
    options: RenderOptions,
  ): Promise<readonly Rendered[]>;
}

/**
 * The confinement of a decoder that a file has compromised: Landlock and seccomp; namespaces of its own, if Linux
 * allows them; `unconfined`: none beyond a separate process.
 */
export type Confinement = 'landlock' | 'namespaces' | 'unconfined';

export interface KnownConfinement {
  readonly level: Confinement;
  /** Whether a decoder has shown the level, or the system can't have another; otherwise it is the expected one. */
  readonly isCertain: boolean;
}

export interface DecoderLoad {
  /** Started ones, busy or idle. */
  readonly processes: number;
  /** Jobs without a decoder, also those whose file is being fetched. */
  readonly waiting: Readonly<Record<Urgency, number>>;
  readonly running: Readonly<Record<Urgency, number>>;
}

/** For fair scheduling. */
export interface Turn {
  /** Whose share of the decoders' time the work uses; absent: that of unknown ones. */
  readonly payer?: Payer | undefined;
  /** Aborts when the waiting client leaves; absent: the work waits without a limit. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bytes that a job needs and that aren't on this machine yet. They are fetched once the job has a place in the queue
 * and there is room for as many bytes; no decoder is occupied meanwhile.
 */
export interface ToFetch<Source> {
  readonly sizeBytes: number;
  /** The signal aborts if the job has lost its place. */
  readonly fetch: (signal: AbortSignal) => Promise<Source>;
}

export interface InspectOptions extends Turn {
  /**
   * A free path for a working copy, if the image is to have one. It is never a reason to refuse the image, or to fail.
   */
  readonly copyTo?: string | undefined;
  /** No date of the picture after it is believed; absent: any date is. */
  readonly latest?: Date | undefined;
}

export interface InspectSource {
  readonly path: string;
}

export type Inspection =
  | {
      readonly outcome: 'sound';
      readonly image: Omit<Verified, 'sizeBytes' | 'sha256'>;
      /** The working copy that was made; null: none. */
      readonly copy: MadeCopy | null;
      readonly facts: ReadFacts;
    }
  | { readonly outcome: 'refused'; readonly rejection: Rejection };

export type MadeCopy = Pick<WorkingCopy, 'contentType' | 'width' | 'height'>;

export interface RenderSource {
  readonly path: string;
  readonly contentType: MediaType;
  /** The size of a working copy, which must be this; absent: it is an original. */
  readonly copy?: Size | undefined;
  /** The originals of the recipes' watermarks; absent: no recipe has one. */
  readonly marks?: readonly MarkSource[] | undefined;
}

export interface MarkSource {
  readonly sha256: string;
  readonly path: string;
  readonly contentType: MediaType;
}

export interface RenderOutput {
  readonly recipe: Recipe;
  /** A free path, for a file with more bytes than a decoder sends. */
  readonly path: string;
}

export interface RenderOptions extends Turn {
  /**
   * `request`: a client waits for it; `background`: no client waits, and it has the lowest priority. Inspections have
   * the highest.
   */
  readonly urgency: 'request' | 'background';
}

export type Rendered =
  /** `bytes`: those of a small one, which callers must not modify; null: they are at the path. */
  (Extract<RenderAnswer, { outcome: 'made' }> & { readonly bytes: Uint8Array<ArrayBuffer> | null }) | RefusedRender;

/** What a decoder says of an output. */
export type RenderAnswer =
  | {
      readonly outcome: 'made';
      readonly contentType: RenditionType;
      readonly width: number;
      readonly height: number;
    }
  | RefusedRender;

interface RefusedRender {
  /** By the limits, by `maxBytes`, or because the source has no such page; there is no file at the path. */
  readonly outcome: 'refused';
  readonly refusal: RenderRefusal;
}

export type RenditionType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/avif';

export interface RenderRefusal {
  readonly code: 'too-many-pixels' | 'too-many-bytes' | 'unreadable-image' | 'no-such-page';
  readonly detail: string;
  readonly params?: ProblemParams | undefined;
}
