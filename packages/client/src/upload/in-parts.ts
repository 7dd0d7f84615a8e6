import { SafelightError } from '../errors.ts';
import { isTemporary } from '../http/retry.ts';
import { createPace } from './pace.ts';
import { partsIn } from './parts-answer.ts';
import { sendParts } from './send-parts.ts';
import type { Sending, Sent, UploadServices } from './sending.ts';

/**
 * Sends a file in parts, of which only those are repeated that didn't arrive. Undefined if it has to be sent in one
 * piece. Errors: those of an upload.
 */
export async function sendInParts(services: UploadServices, sending: Sending): Promise<Sent | undefined> {
  const { baseUrl, memory } = services;
  const { file, former } = sending;
  if (former !== undefined) {
    const arrival = await arrivalOf(services, former, sending.signal);
    if (arrival !== 'none') return arrival === 'decided' ? { id: former } : undefined;
  }
  memory.pace ??= createPace();
  const answer = await ask(services, sending);
  if (answer === undefined) return undefined;
  const { id, parts } = partsIn(answer, file.size, baseUrl);
  sending.onGranted(id);
  if (!parts) return { id };
  memory.partSize = parts.partSize;
  return { id, refused: await sendParts({ ...services, pace: memory.pace }, { ...sending, id, parts }) };
}

/** Undefined if the service refuses: one piece, which reserves nothing more than itself, may be accepted. */
async function ask(
  { route, memory }: UploadServices,
  { continues, grant: { body, headers }, signal }: Sending,
): Promise<unknown> {
  try {
    if (continues !== undefined) return await route.parts?.(continues, { body: {}, signal });
    const part_checksums = globalThis.crypto?.subtle ? true : undefined;
    // The least size of a part: several at once fill a fast line, and a large one might never pass a bad one.
    return await route.grant({
      body: { ...body, parts: true, part_checksums },
      headers: { ...headers, 'idempotency-key': `${headers['idempotency-key']}-parts` },
      signal,
    });
  } catch (error) {
    if (isTemporary(error) || !(error instanceof SafelightError) || error.status === undefined) throw error;
    if (continues === undefined && error.errors.some(({ pointer }) => pointer.startsWith('/part')))
      memory.isRefused = true;
    return undefined;
  }
}

/**
 * Whether only the answer was lost, before another upload brings the same bytes. `unknown`: the same one is repeated.
 */
async function arrivalOf(
  { route }: UploadServices,
  id: string,
  signal: AbortSignal | undefined,
): Promise<'none' | 'decided' | 'unknown'> {
  try {
    await route.complete(id, signal);
    return 'decided';
  } catch (error) {
    if (signal?.aborted || !(error instanceof SafelightError)) throw error;
    if (error.code === 'upload-missing') return 'none';
    return error.status === undefined || isTemporary(error) ? 'unknown' : 'decided';
  }
}
