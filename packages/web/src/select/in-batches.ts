import { SafelightError } from '@safelight/client';
import type { Member } from '../library/library.ts';
import type { Result, Step } from './steps.ts';

/**
 * Pictures. The service takes 1,000 and has 25 s for them; of fewer one sees the progress, and stops before the next.
 */
export const BATCH = 250;
/** Further attempts for what the service hadn't done in time. */
const MOST_REPEATS = 2;
/** After so many failed requests in a row, and those beside them, nothing further is sent. */
const MOST_FAILURES = 2;
const PAUSE_MS = 1_000;
/** Requests for dates, of which each has few pictures. */
const DATES_AT_ONCE = 4;

export interface Done {
  readonly member: Member;
  readonly result: Result;
}

export interface Failure {
  readonly step: Step;
  readonly member: Member;
  readonly error: SafelightError;
  /** Whether it may have been done all the same. */
  readonly isUnsure: boolean;
}

export interface Outcome {
  readonly done: readonly Done[];
  readonly failed: readonly Failure[];
  /** How many weren't sent, because somebody stopped it. */
  readonly left: number;
}

export interface Batching {
  /** Errors: `SafelightError`. */
  readonly send: (step: Step, members: readonly Member[]) => Promise<readonly Result[]>;
  /** The picture as it is now. Errors: `SafelightError`. */
  readonly fresh: (member: Member) => Promise<Member>;
  readonly isStopped: () => boolean;
  readonly before: (step: Step, members: readonly Member[]) => void;
  /** After each batch: what has become of it. */
  readonly after: (step: Step, batch: Pick<Outcome, 'done' | 'failed'>) => void;
  readonly pause: (ms: number) => Promise<void>;
  /** Whether those of one batch belong to one owner, as far as that matters. Absent: any. */
  readonly ownerOf?: (member: Member) => unknown;
}

/** Sends the steps one batch after another, and those that set dates of different pictures four at a time. */
export async function inBatches(steps: readonly Step[], batching: Batching): Promise<Outcome> {
  const [done, failed]: [Done[], Failure[]] = [[], []];
  const batches = steps.flatMap((step) => batchesOf(step, batching).map((members) => ({ step, members })));
  const atOnce = steps.length > 1 && steps.every(setsDate) ? DATES_AT_ONCE : 1;
  let failures = 0;
  let left = 0;
  let latest: SafelightError | undefined;
  const waiting = batches.values();
  const work = async (): Promise<void> => {
    for (const { step, members } of waiting) {
      if (batching.isStopped()) {
        left += members.length;
        continue;
      }
      if (latest && failures >= MOST_FAILURES + atOnce - 1) {
        const error = latest;
        failed.push(...members.map((member) => ({ step, member, error, isUnsure: false })));
        continue;
      }
      batching.before(step, members);
      const batch = await oneBatch(step, members, batching);
      failures = batch.error ? failures + 1 : 0;
      latest = batch.error ?? latest;
      done.push(...batch.done);
      failed.push(...batch.failed);
      batching.after(step, batch);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { done, failed, left };
}

/** No two such steps have the same picture. */
const setsDate = (step: Step): boolean => step.kind === 'change' && step.edit.taken_at !== undefined;

function batchesOf({ members }: Step, { ownerOf = () => undefined }: Batching): readonly (readonly Member[])[] {
  return [...Map.groupBy(members, ownerOf).values()].flatMap((own) =>
    Array.from({ length: Math.ceil(own.length / BATCH) }, (_, index) => own.slice(index * BATCH, (index + 1) * BATCH)),
  );
}

interface Batch extends Pick<Outcome, 'done' | 'failed'> {
  /** Why there was no answer. */
  readonly error: SafelightError | undefined;
}

async function oneBatch(step: Step, members: readonly Member[], batching: Batching): Promise<Batch> {
  const [done, failed]: [Done[], Failure[]] = [[], []];
  /** Those that an earlier request may have done. */
  const unsure = new Set<Member>();
  let asked = members;
  for (let round = 0; asked.length > 0; round += 1) {
    let results: readonly Result[];
    try {
      results = await batching.send(step, asked);
    } catch (problem) {
      const error = errorOf(problem);
      const isUnsure = mayBeDone(error);
      failed.push(...asked.map((member) => ({ step, member, error, isUnsure: isUnsure || unsure.has(member) })));
      return { done, failed, error };
    }
    const again: Member[] = [];
    const old: Member[] = [];
    for (const [index, member] of asked.entries()) {
      const result = results[index] ?? { image_id: member.image_id };
      const error = result.error && toError(result.error);
      if (!error) done.push({ member, result });
      else if (error.code === 'revision-conflict' && round === 0 && isOfNewest(step)) old.push(member);
      else {
        const isLate = error.code === 'unavailable';
        if (isLate) unsure.add(member);
        if (isLate && round < MOST_REPEATS) again.push(member);
        else failed.push({ step, member, error, isUnsure: unsure.has(member) });
      }
    }
    if (again.length > 0) await batching.pause(PAUSE_MS);
    asked = [...again, ...(await Promise.all(old.map((member) => batching.fresh(member).catch(() => member))))];
  }
  return { done, failed, error: undefined };
}

const isOfNewest = (step: Step): boolean => step.kind === 'change' && step.at === 'newest';

/** Whether the service may have done what it didn't answer. With these answers it says that it did nothing. */
const mayBeDone = ({ status, code }: SafelightError): boolean =>
  status === undefined || code === 'unexpected-answer' || (status >= 500 && status !== 503);

/** What failed once more; nothing that is gone. */
export function stepsAgain(failed: readonly Failure[]): readonly Step[] {
  const groups = Map.groupBy(
    failed.filter(({ error }) => error.code !== 'image-not-found'),
    ({ step }) => step,
  );
  return [...groups].flatMap(([step, failures]): readonly Step[] => {
    const of = (some: readonly Failure[]) => some.map(({ member }) => member);
    if (step.kind !== 'change' || step.at !== 'newest') return [{ ...step, members: of(failures) }];
    const [unsure, sure] = [failures.filter((one) => one.isUnsure), failures.filter((one) => !one.isUnsure)];
    return [
      { ...step, at: 'known' as const, members: of(unsure) },
      { ...step, members: of(sure) },
    ].filter(({ members }) => members.length > 0);
  });
}

const toError = ({ code, detail, status, errors }: NonNullable<Result['error']>): SafelightError =>
  new SafelightError(code, detail, { status, errors });

const errorOf = (problem: unknown): SafelightError =>
  problem instanceof SafelightError
    ? problem
    : new SafelightError('internal', 'expected an answer; got an error', { cause: problem });
