import type { Client } from '../domain/access/client.ts';
import type { Rejection, Verified } from '../domain/image/image.ts';
import type { MediaType } from '../domain/image/media-type.ts';
import type { Recipe } from '../domain/rendition/recipe.ts';

/** Everything that looks inside image bytes; it happens in other processes, which may die of them. */
export interface Imaging extends AsyncDisposable {
  /** Names what encodes: the same recipe may give other bytes by another one. */
  readonly encoder: string;

  /** What holds decoders: expected until the first one has started, then what it found. */
  confinement(): Confinement;

  /**
   * Looks at the signature, header and pixels of the file, a path or one to fetch. Bytes that aren't a sound image of the declared
   * type are `refused`. Errors: those of the fetch; `decoder-failed` when the decoder died of them or took too long; `overloaded` when too many wait, or the
   * client has for 10 s; `unavailable` when that says nothing about the bytes: the file can't be read, no process starts, the
   * service stops; why the client left, where that was before the work began. What was begun is finished.
   */
  inspect(source: string | ToFetch<InspectSource>, declaredType: MediaType, turn?: Turn): Promise<Inspection>;

  /**
   * Makes renditions of one verified file, each into a new file at its `path`, in one process: what can be made of a larger
   * one's pixels is. Answers in the order asked. Errors: those of `inspect`, and `insufficient-storage` where there is no room for
   * a file.
   */
  render(
    source: RenderSource | ToFetch<RenderSource>,
    outputs: readonly RenderOutput[],
    options: RenderOptions,
  ): Promise<readonly Rendered[]>;
}

/**
 * What a decoder that was taken over by a file can't get out of: Landlock and seccomp; namespaces of its own, where Linux lets it have
 * some; `unconfined`: nothing, it is only another process.
 */
export type Confinement = 'landlock' | 'namespaces' | 'unconfined';
/** Whose turn it is goes by the client's address, then by owner. */
export interface Turn {
  /** Who waits; absent: nobody does, and the work waits as long as it takes. */
  readonly client?: Client | undefined;
  /** The user whose image it is. */
  readonly owner?: string | undefined;
}

/**
 * Bytes that a job needs and that aren't on this machine yet. They are fetched once the job has its place among those that wait and there
 * is room for as many bytes; no decoder is held meanwhile.
 */
export interface ToFetch<Source> {
  readonly sizeBytes: number;
  /** The signal aborts when the job has lost its place. */
  readonly fetch: (signal: AbortSignal) => Promise<Source>;
}

export interface InspectSource {
  readonly path: string;
}

export type Inspection =
  | { readonly outcome: 'sound'; readonly image: Omit<Verified, 'sizeBytes' | 'sha256'> }
  | { readonly outcome: 'refused'; readonly rejection: Rejection };

export interface RenderSource {
  readonly path: string;
  readonly contentType: MediaType;
}

export interface RenderOutput {
  readonly recipe: Recipe;
  /** Where nothing is yet. */
  readonly path: string;
}

export interface RenderOptions extends Turn {
  /** `request`: somebody waits for it; `background`: nobody does, and it comes last. Inspections come before both. */
  readonly urgency: 'request' | 'background';
}

export type Rendered =
  | {
      readonly outcome: 'made';
      readonly contentType: RenditionType;
      readonly width: number;
      readonly height: number;
    }
  /** By the limits of decoding, or since the source has no such page; nothing is at the path. */
  | { readonly outcome: 'refused'; readonly refusal: RenderRefusal };

export type RenditionType = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/avif';

export interface RenderRefusal {
  readonly code: 'too-many-pixels' | 'unreadable-image' | 'no-such-page';
  readonly detail: string;
}
