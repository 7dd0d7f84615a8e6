import { parseImageId } from '../domain/image/image-id.ts';
import type { Job, JobFields, JobKind, OwnJobKind } from '../domain/job.ts';
import { parseTraceParent } from '../domain/trace-parent.ts';
import type { JobCodec } from '../jobs/job-codec.ts';
import { fetchForJob } from '../operations/ingest/fetch-upload.ts';
import { maintainRenditions } from '../operations/renditions/maintain-renditions.ts';
import { finalizeAfterEvent } from '../operations/uploads/finalize-after-event.ts';
import type { Services } from '../services.ts';

type Json = Readonly<Record<string, unknown>>;

/** The fields of one kind in a job's JSON. */
interface FieldsCodec<Fields> {
  encode(fields: Fields): Json;
  /** undefined if a field is missing or invalid; unknown fields are ignored. */
  decode(json: Json): Fields | undefined;
}

interface JobRow<Fields> {
  /** `signal`: the process stops. */
  readonly operation: (services: Services, fields: Fields, signal?: AbortSignal) => Promise<unknown>;
}

interface OwnJobRow<Fields> extends JobRow<Fields> {
  readonly codec: FieldsCodec<Fields>;
}

const imageIdCodec: FieldsCodec<JobFields['finalize' | 'fetch' | 'maintain']> = {
  encode: ({ imageId }) => ({ image_id: imageId }),
  decode({ image_id: id }) {
    const imageId = typeof id === 'string' ? parseImageId(id) : undefined;
    return imageId && { imageId };
  },
};

/** The jobs that the service sends: their encoding, and the operation that does them. */
const OWN_JOBS: { readonly [Kind in OwnJobKind]: OwnJobRow<JobFields[Kind]> } = {
  finalize: { codec: imageIdCodec, operation: ({ finalize }, { imageId }) => finalize(imageId) },
  fetch: {
    codec: imageIdCodec,
    operation: (services, { imageId }, signal) => fetchForJob(services, imageId, signal),
  },
  maintain: { codec: imageIdCodec, operation: (services, { imageId }) => maintainRenditions(services, imageId) },
};

/** All jobs. Arrivals are bucket events, parsed by `jobs/sqs/message.ts`. */
const JOBS: { readonly [Kind in JobKind]: JobRow<JobFields[Kind]> } = {
  ...OWN_JOBS,
  arrival: { operation: (services, { arrivals }) => finalizeAfterEvent(services, arrivals) },
};

/** Errors: those of the job's operation. */
export const perform = <Kind extends JobKind>(
  services: Services,
  job: Job<Kind>,
  signal?: AbortSignal,
): Promise<unknown> => JOBS[job.kind].operation(services, job, signal);

const OWN_KINDS = Object.keys(OWN_JOBS) as OwnJobKind[];
const KIND_CHARACTERS = 40;

/** JSON objects with a `kind`, in every version. */
export const JOB_CODEC: JobCodec = {
  encode: (job) => JSON.stringify({ kind: job.kind, ...encodeFields(job), trace: job.trace }),

  decode(body) {
    const json = parsed(body);
    const { kind: named } = json;
    if (typeof named !== 'string') return undefined;
    const kind = OWN_KINDS.find((own) => own === named);
    if (!kind) return { kind: 'unknown-job', named: named.slice(0, KIND_CHARACTERS) };
    const job = decodeFields(kind, json);
    const trace = parseTraceParent(json['trace']); // a job without it, or with another, is as good
    return job && { kind: 'job', job: trace ? { ...job, trace } : job };
  },
};

const encodeFields = <Kind extends OwnJobKind>(job: Job<Kind>): Json => OWN_JOBS[job.kind].codec.encode(job);

function decodeFields<Kind extends OwnJobKind>(kind: Kind, json: Json): Job<Kind> | undefined {
  const fields = OWN_JOBS[kind].codec.decode(json);
  return fields && { kind, ...fields };
}

function parsed(body: string): Json {
  try {
    return Object(JSON.parse(body)) as Json;
  } catch {
    return {};
  }
}
