import { parseImageId } from '../domain/image-id.ts';
import type { FinalizeJob, TendJob } from './job-queue.ts';

/** A job in its stored and sent form. */
export const bodyOf = ({ kind, imageId }: FinalizeJob | TendJob): string => JSON.stringify({ kind, image_id: imageId });

/** The job in `body`; undefined if this version doesn't know it. */
export function jobOf(body: string): FinalizeJob | TendJob | undefined {
  const { kind, image_id: id } = fieldsOf(body);
  const imageId = typeof id === 'string' ? parseImageId(id) : undefined;
  if (imageId === undefined) return undefined;
  return isKnown(kind) ? { kind, imageId } : undefined;
}

const isKnown = (kind: unknown): kind is 'finalize' | 'tend' => kind === 'finalize' || kind === 'tend';

const KIND_CHARACTERS = 40;

/**
 * The truncated kind of a job that another version sent; undefined if the body is no job, or an incomplete job of a known
 * kind. The jobs of every version are objects with a `kind`.
 */
export function unknownKindOf(body: string): string | undefined {
  const { kind } = fieldsOf(body);
  return typeof kind === 'string' && !isKnown(kind) ? kind.slice(0, KIND_CHARACTERS) : undefined;
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
