import type { Payer } from '../../domain/access/payer.ts';
import { latestTaken } from '../../domain/facts/latest-taken.ts';
import type { Image, Rejection, Verified } from '../../domain/image/image.ts';
import { IMAGE_FORMATS, type MediaType } from '../../domain/image/media-type.ts';
import { allGates, type Decision, early, type PersonDecision } from '../../domain/image/screening.ts';
import type { Inspection, InspectOptions } from '../../imaging/imaging.ts';
import type { LocalFile } from '../../object-store/staging.ts';
import type { Services } from '../../services.ts';
import { type AskServices, askGates, type Screened } from '../gates/ask-gates.ts';
import type { CopyFile } from '../renditions/store-working-copy.ts';
import type { PublishImageInput } from './publish-image.ts';

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
  /** Aborts when the waiting client leaves. */
  readonly signal: AbortSignal | undefined;
}

export type Verdict =
  | {
      readonly outcome: 'sound';
      readonly verified: Verified;
      readonly screened: Screened;
      readonly read: PublishImageInput['read'];
      /** The caller must dispose of its file. */
      readonly workingCopy: CopyFile | undefined;
    }
  | { readonly outcome: 'refused'; readonly rejection: Rejection; readonly decided: readonly Decision[] };

export type VerifyServices = AskServices & Pick<Services, 'settings'>;

/**
 * Judges the bytes of an upload, whichever way they came: inspects them, and asks the gates about those that are sound.
 * Errors: those of the fetch and of `Imaging.inspect`.
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
  const turn = { payer, signal, latest: latestTaken(services.clock.now()) };
  const { inspection, workingCopy } = await inspect(services, toInspect, contentType, turn);
  await using held = new AsyncDisposableStack();
  if (workingCopy) held.use(workingCopy.file);
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
  held.move(); // the caller's from now on
  return { outcome: 'sound', verified, screened: asked, read: inspection.facts, workingCopy };
}

/** Decodes the bytes once, for their verdict and, if they may get one, their working copy in a staged file. */
async function inspect(
  { imaging, staging, settings }: VerifyServices,
  source: Parameters<Services['imaging']['inspect']>[0],
  contentType: MediaType,
  turn: InspectOptions,
): Promise<{ readonly inspection: Inspection; readonly workingCopy: CopyFile | undefined }> {
  if (!settings.workingCopies || !IMAGE_FORMATS[contentType].isCopiedWhenVerified)
    return { inspection: await imaging.inspect(source, contentType, turn), workingCopy: undefined };
  let inspecting: Promise<Inspection> | undefined;
  const [file] = await staging
    .stageFiles(1, async ([copyTo]) => {
      inspecting = imaging.inspect(source, contentType, { ...turn, copyTo });
      await inspecting;
      return [];
    })
    .catch(() => []); // at worst the image has no copy
  const inspection = await (inspecting ?? imaging.inspect(source, contentType, turn));
  const copy = inspection.outcome === 'sound' ? inspection.copy : null;
  if (copy && file) return { inspection, workingCopy: { ...copy, file } };
  await file?.[Symbol.asyncDispose]();
  return { inspection, workingCopy: undefined };
}

function fetchedOf(file: VerifiableFile | undefined): VerifiableFile {
  if (!file) throw new Error('bytes were inspected that nobody fetched');
  return file;
}
