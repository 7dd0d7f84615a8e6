import type { Confinement } from '../imaging.ts';
import { startDecodeProcess } from './decode-process.ts';
import { CONFINEMENTS } from './decode-reply.ts';
import { DECODE_JOB_TERMS } from './job-terms.ts';

export interface MeasuredConfinement {
  readonly level: Confinement;
  /** Why it isn't a better one. */
  readonly reason: string;
}

/**
 * Starts a process as a decoder is started, with files below `folder`, and ends it: the level that it got. Its program
 * is a small one unless another is given, so this takes half of the time of a decoder's start. Errors: those of a
 * decoder that doesn't start.
 */
export async function measureConfinement({
  folder,
  childFile = new URL('level-child.js', import.meta.url),
}: {
  readonly folder: string;
  readonly childFile?: URL;
}): Promise<MeasuredConfinement> {
  let measured: MeasuredConfinement = { level: 'unconfined', reason: '' };
  const decoder = startDecodeProcess({
    childFile,
    timeoutSeconds: Number.POSITIVE_INFINITY,
    maxMemoryBytes: Number.POSITIVE_INFINITY,
    maxRestingBytes: Number.POSITIVE_INFINITY,
    confinement: {
      levels: CONFINEMENTS,
      folder,
      terms: DECODE_JOB_TERMS,
      onStarted: (level, reason) => {
        measured = { level, reason };
      },
    },
  });
  try {
    await decoder.ready;
  } finally {
    decoder.kill();
    await decoder.exited;
  }
  return measured;
}
