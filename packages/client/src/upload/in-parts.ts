import { SafelightError } from '../errors.ts';
import { isTemporary } from '../http/retry.ts';
import { createPace } from './pace.ts';
import { partsIn } from './parts-answer.ts';
import { sendParts } from './send-parts.ts';
import type { PartsMemory, Sending, Sent, UploadServices } from './sending.ts';

const MIB = 1_048_576;
const LARGEST_PROPOSAL = 64 * MIB;
const SECONDS_OF_PART = 4;
/** A file has so many parts at least, so that several may be sent at once. */
const FEWEST_PARTS = 4;

/**
 * Sends a file in parts, of which only those are repeated that didn't arrive. Undefined if it has to be sent in one
 * piece. Errors: those of an upload.
 */
export async function sendInParts(services: UploadServices, sending: Sending): Promise<Sent | undefined> {
  const { baseUrl, memory } = services;
  const { file } = sending;
  memory.pace ??= createPace();
  const proposed = proposedSize(memory, file.size);
  const answer = await ask(services, sending, proposed);
  if (answer === undefined) return undefined;
  const { id, parts } = partsIn(answer, file.size, baseUrl);
  sending.onGranted(id);
  if (!parts) return { id };
  if (proposed === undefined) memory.defaultSize = parts.partSize;
  return { id, refused: await sendParts({ ...services, pace: memory.pace }, { ...sending, id, parts }) };
}

/** Undefined if the service refuses: one piece, which reserves nothing more than itself, may be accepted. */
async function ask(
  { route, memory }: UploadServices,
  { continues, grant: { body, headers }, signal }: Sending,
  proposed: number | undefined,
): Promise<unknown> {
  try {
    if (continues !== undefined) return await route.parts?.(continues, { body: {}, signal });
    const part_checksums = globalThis.crypto?.subtle ? true : undefined;
    return await route.grant({
      body: { ...body, parts: true, part_size: proposed, part_checksums },
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

/** Undefined: the service's own. */
function proposedSize({ pace, defaultSize }: PartsMemory, size: number): number | undefined {
  const rate = pace?.rate();
  if (rate === undefined || defaultSize === undefined) return undefined;
  const bytes = Math.min(rate * SECONDS_OF_PART, LARGEST_PROPOSAL, size / FEWEST_PARTS);
  return bytes > defaultSize ? Math.ceil(bytes / MIB) * MIB : undefined;
}
