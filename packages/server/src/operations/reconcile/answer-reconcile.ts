import { AppError } from '../../domain/errors.ts';
import type { Services } from '../../services.ts';
import { createMender, type MendServices } from './mend.ts';
import { lagMsOf, type ReconcileOptions, type ReconcileServices, reconcile } from './reconcile.ts';
import { createSummary, type FindingJson, findingJson, type SummaryJson } from './report.ts';

type AnswerServices = Omit<ReconcileServices & MendServices, 'objects' | 'multipart'> &
  Pick<Services, 'objects' | 'multipart' | 'settings'> & {
    /** As they are stored: the service answers from memory. */
    readonly storedObjects: ReconcileServices['objects'];
  };

/** What the command and the service say to each other. */
export interface ReconcileRequest {
  readonly compare: ReconcileOptions['compare'];
}

export interface ReconcileAnswer {
  readonly summary: SummaryJson;
  /** The first ones. */
  readonly findings: readonly FindingJson[];
}

const TOLD_EACH_MS = 2_000;

/** Findings that one answer holds: it is one value in the database. */
const MAX_FINDINGS = 1_000;

/** Mends for a command, in the process that alone may change images. */
export async function answerReconcile(
  services: AnswerServices,
  body: unknown,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (sentence: string) => void },
): Promise<ReconcileAnswer> {
  const { storedObjects, objects, clock } = services;
  const reading = { ...services, objects: storedObjects };
  const mending = { ...services, objects: { ...storedObjects, delete: objects.delete } };
  let walked = { images: 0, objects: 0 };
  let toldMs = clock.elapsedMs();
  const summary = createSummary();
  const findings: FindingJson[] = [];
  const options: ReconcileOptions = {
    ...requestIn(body),
    mender: createMender(mending),
    countsUsage: services.settings.countsUsage,
    lagMs: lagMsOf('database'),
    signal,
    onProgress: (progress) => {
      walked = progress;
      if (clock.elapsedMs() - toldMs < TOLD_EACH_MS) return;
      toldMs = clock.elapsedMs();
      onProgress(`${progress.images} images and ${progress.objects} objects were looked at`);
    },
  };
  for await (const one of reconcile(reading, options)) {
    summary.add(one);
    if (findings.length < MAX_FINDINGS) findings.push(findingJson(one));
  }
  return { summary: summary.json(walked), findings };
}

function requestIn(body: unknown): ReconcileRequest {
  const { compare }: { compare?: unknown } = Object(body);
  if (compare === 'sizes' || compare === 'bytes') return { compare };
  throw new AppError(
    'unavailable',
    'expected what to compare; got another request: use the command of the same version',
  );
}
