import { parseImageId } from '../domain/image-id.ts';
import type { FinalizeJob, TendJob } from './job-queue.ts';

/** A job as it is stored and sent. */
export const bodyOf = ({ kind, imageId }: FinalizeJob | TendJob): string => JSON.stringify({ kind, image_id: imageId });

/** The job in `body`; undefined for what this version doesn't know. */
export function jobOf(body: string): FinalizeJob | TendJob | undefined {
  const { kind, image_id: id } = fieldsOf(body);
  const imageId = typeof id === 'string' ? parseImageId(id) : undefined;
  if (imageId === undefined) return undefined;
  return kind === 'finalize' || kind === 'tend' ? { kind, imageId } : undefined;
}

function fieldsOf(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
