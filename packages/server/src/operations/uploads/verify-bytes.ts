import type { Payer } from '../../domain/access/payer.ts';
import type { Image, Rejection, Verified } from '../../domain/image/image.ts';
import type { MediaType } from '../../domain/image/media-type.ts';
import { allGates, type Decision, early, type PersonDecision } from '../../domain/image/screening.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import { type AskServices, askGates, type Screened } from '../screening/ask-gates.ts';

/** How long a request waits for all gates together; the sweeper then asks on. */
const SCREENING_MS = 5_000;

/** Bytes on this machine, with their hash. */
type VerifiableFile = Pick<LocalFile, 'path' | 'sizeBytes' | 'sha256'>;

/** Bytes that are fetched once a decoder is near. */
interface FileToFetch {
  readonly sizeBytes: number;
  readonly fetch: (signal: AbortSignal) => Promise<VerifiableFile>;
}

export interface VerifyBytesInput {
  readonly image: Pick<Image, 'id' | 'userId' | 'tags'>;
  /** That the record lists; the gates of this process are asked too. */
  readonly gates: readonly string[];
  /** That the record has. */
  readonly decisions: readonly PersonDecision[];
  readonly source: VerifiableFile | FileToFetch;
  readonly contentType: MediaType;
  readonly payer: Payer;
  /** Of the waiting client. */
  readonly signal: AbortSignal | undefined;
}

export type Verdict =
  | { readonly outcome: 'sound'; readonly verified: Verified; readonly screened: Screened }
  | { readonly outcome: 'refused'; readonly rejection: Rejection; readonly decided: readonly Decision[] };

export type VerifyServices = AskServices;

/**
 * Judges the bytes of an upload, whichever way they came: inspects them, and asks the gates about those that are sound. Errors: those of the
 * fetch and of `Imaging.inspect`.
 */
export async function verifyBytes(
  services: VerifyServices,
  { source, contentType, payer, signal, image, gates: listed, decisions }: VerifyBytesInput,
): Promise<Verdict> {
  let file: VerifiableFile | undefined;
  const toInspect =
    'fetch' in source
      ? { sizeBytes: source.sizeBytes, fetch: async (lost: AbortSignal) => (file = await source.fetch(lost)) }
      : source.path;
  const inspection = await services.imaging.inspect(toInspect, contentType, { payer, signal });
  if (inspection.outcome === 'refused') return { ...inspection, decided: [] };
  const { path, sizeBytes, sha256 } = 'fetch' in source ? fetchedOf(file) : source;
  const gates = allGates(
    listed,
    services.gates.map(({ name }) => name),
  );
  const ends = AbortSignal.timeout(SCREENING_MS);
  const verified = { ...inspection.image, sizeBytes, sha256 };
  const asked = await askGates(services, {
    image: { ...verified, id: image.id, userId: image.userId, tags: image.tags },
    path,
    turn: { urgency: 'request', payer },
    gates,
    passed: [],
    failures: 0,
    early: early(decisions, sha256),
    signal: ends,
  });
  if ('refusal' in asked) return { outcome: 'refused', ...asked.refusal };
  return { outcome: 'sound', verified, screened: asked };
}

function fetchedOf(file: VerifiableFile | undefined): VerifiableFile {
  if (!file) throw new Error('bytes were inspected that nobody fetched');
  return file;
}
