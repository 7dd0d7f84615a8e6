import type { SafelightClient } from '@safelight/client';
import { albumChanged } from '../albums/album-changed.ts';
import type { Library, Member, Sorted } from '../library/library.ts';
import { trashChanged } from '../trash/trash-changed.ts';
import { showTask } from '../ui/task.tsx';
import { showToast } from '../ui/toast.tsx';
import { changedPicture } from './changed-picture.ts';
import type { Selecting } from './create-selecting.ts';
import { BATCH, type Batching, type Done, inBatches, type Outcome, stepsAgain } from './in-batches.ts';
import { type Result, type Step, send } from './steps.ts';
import { createProgress, FailurePanel, type Progress, ProgressPanel } from './task-panel.tsx';
import { membershipBefore, undoOf } from './undo.ts';
import { failureText, isChanged, reasonsOf, successText, type WorkWords } from './work-words.ts';

/** Something that is done to the selected pictures. */
export interface Work extends WorkWords {
  readonly steps: readonly Step[];
  /** What becomes of a picture in the library that shows it. */
  readonly effect: 'stays' | 'leaves' | 'returns';
  /** What has been done before this second attempt. */
  readonly before?: readonly Done[];
  /** Whether it takes back what was done. */
  readonly isUndo?: boolean;
}

/** Where the pictures are shown, and who changes them. */
export interface Workplace {
  readonly library: Library;
  readonly selecting: Selecting;
  readonly clientOf: (owner: string) => SafelightClient;
  /** Pictures as they were before they left the library. */
  readonly kept: Map<string, Sorted>;
  /** Where what is restored belongs, if that is another library. */
  readonly photos?: Library;
}

/** One after another: what undoes a work begins when it has ended. */
let line: Promise<void> = Promise.resolve();
/** Rises when the person leaves: what waits then doesn't begin. */
let visit = 0;

/** Does it in batches, and says how far it is, what failed, and how to undo it. */
export function runWork(work: Work, place: Workplace): void {
  const current = visit;
  line = line.then(async () => {
    if (current === visit && work.steps.length > 0) await run(work, place);
  });
}

async function run(work: Work, place: Workplace): Promise<void> {
  const total = work.steps.reduce((sum, { members }) => sum + members.length, 0);
  const leaving = new AbortController();
  const { signal } = leaving;
  const end = (): void => {
    visit += 1;
    leaving.abort();
  };
  const progress = createProgress({ doing: work.doing, total });
  const close = showTask({ panel: <ProgressPanel progress={progress} />, end });
  addEventListener('beforeunload', stay, { signal: leaving.signal });
  // Of several batches each would leave room for pictures of the next, so they leave together at the end.
  const isAtOnce = total <= BATCH;
  const outcome = await inBatches(work.steps, batchingOf(work, place, { progress, signal, isAtOnce }));
  removeEventListener('beforeunload', stay);
  if (signal.aborted) return;
  if (work.effect === 'leaves' && !isAtOnce) leave(outcome, place);
  await settle(work, place, outcome).catch(() => undefined); // tiles that fail are read again by themselves
  close();
  if (!signal.aborted) finish(work, place, { ...outcome, total });
}

/** The browser asks before it closes the page. */
const stay = (event: BeforeUnloadEvent): void => event.preventDefault();

interface Running {
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Whether pictures leave before the service has answered. */
  readonly isAtOnce: boolean;
}

function leave({ done }: Outcome, { library, selecting, kept }: Workplace): void {
  const ids = idsOf(done.map(({ member }) => member));
  for (const picture of library.removeAll(ids)) kept.set(picture.image_id, picture);
  selecting.forget(ids);
}

function batchingOf(work: Work, place: Workplace, { progress, signal, isAtOnce }: Running): Batching {
  const { library, selecting, clientOf, kept } = place;
  const known = (members: readonly Member[]): readonly Sorted[] =>
    members.flatMap(({ image_id: id }) => library.loaded(id) ?? kept.get(id) ?? []);
  const keep = (pictures: readonly Sorted[]): void => {
    for (const picture of pictures) kept.set(picture.image_id, picture);
  };
  return {
    send: (step, members) => send(clientOf(members[0]?.user_id ?? ''), step, { members, signal }),
    async fresh(member) {
      const { revision } = await clientOf(member.user_id).images.get(member.image_id);
      return { ...member, revision };
    },
    isStopped: () => signal.aborted || progress.snapshot().isStopped,
    ownerOf: ({ user_id }) => clientOf(user_id),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    before(_, members) {
      if (work.effect === 'leaves' && isAtOnce) keep(library.removeAll(idsOf(members)));
    },
    after(step, { done, failed }) {
      if (signal.aborted) return;
      progress.add(done.length + failed.length);
      const isGone = ({ error }: (typeof failed)[number]): boolean => error.code === 'image-not-found';
      const gone = failed.filter(isGone).map(({ member }) => member);
      const did = done.map(({ member }) => member);
      if (work.effect === 'stays') keep(known(did));
      if (step.kind === 'change') {
        const results = new Map(done.map(({ result }) => [result.image_id, result]));
        library.putAll(known(did).map((one) => changedPicture(one, step.edit, resultOf(results, one))));
        selecting.update(
          new Map(
            done.map(({ member, result: { revision = 0 } }) => [
              member.image_id,
              { revision, ...(step.edit.visibility && { visibility: step.edit.visibility }) },
            ]),
          ),
        );
      } else if (work.effect === 'returns') library.putAll(known(did));
      else if (work.effect === 'leaves' && isAtOnce) {
        library.putAll(known(failed.filter((one) => !isGone(one)).map(({ member }) => member)));
        library.removeAll(idsOf(did)); // a list that was read before has them again
        selecting.forget(idsOf(did));
      }
      if (gone.length === 0) return;
      selecting.forget(idsOf(gone));
      library.removeAll(idsOf(gone));
    },
  };
}

const idsOf = (members: readonly Member[]): ReadonlySet<string> => new Set(members.map(({ image_id }) => image_id));
const resultOf = (results: ReadonlyMap<string, Result>, { image_id }: Sorted): Result =>
  results.get(image_id) ?? { image_id };

/** What else shows those pictures, and their signed addresses, are read again. */
async function settle({ steps, isUndo }: Work, { library, photos }: Workplace, { done }: Outcome): Promise<void> {
  const [step] = steps;
  if (!step || done.length === 0) return;
  if (isUndo) library.reopen(done.map(({ member }) => member.at));
  if (step.kind === 'change') {
    if (step.edit.visibility) await library.readAgain(idsOf(done.map(({ member }) => member)));
  } else if (step.kind === 'album-add' || step.kind === 'album-remove') albumChanged(step.album);
  else if (photos) photos.reset();
  else trashChanged();
}

function finish(work: Work, place: Workplace, outcome: Outcome & { readonly total: number }): void {
  const done = [...(work.before ?? []), ...outcome.done];
  let isUndone = false;
  const undoing = work.isUndo ? undefined : undoingOf(work, done);
  const undo = (): void => {
    isUndone = true;
    if (undoing) runWork(undoing, place);
  };
  if (done.length > 0 || outcome.failed.length === 0) {
    const text = successText(work, { done, left: outcome.left });
    showToast(undoing ? { text, action: { label: 'Undo', isUndo: true, run: undo } } : { text });
  }
  if (outcome.failed.length === 0) return;
  const steps = stepsAgain(outcome.failed);
  const retry = (): void => {
    close();
    runWork({ ...work, steps, before: isUndone ? [] : done }, place);
  };
  const close = showTask({
    panel: (
      <FailurePanel
        text={failureText(outcome.failed.length, outcome.total)}
        reasons={reasonsOf(outcome.failed)}
        onRetry={steps.length > 0 ? retry : undefined}
        onClose={() => close()}
      />
    ),
    end: () => {
      visit += 1;
    },
  });
}

/** undefined: it can't be undone. */
function undoingOf({ steps, effect }: Work, done: readonly Done[]): Work | undefined {
  const [step] = steps;
  const words = { doing: 'Undoing', done: 'Undone for', isUndo: true };
  if (step?.kind === 'trash') {
    const members = done.map(({ member }) => member);
    return members.length === 0
      ? undefined
      : { ...words, doing: 'Restoring', done: 'Restored', effect: 'returns', steps: [{ kind: 'restore', members }] };
  }
  if (step?.kind === 'album-add' || step?.kind === 'album-remove') {
    const back = membershipBefore(step, done.filter(isChanged));
    return back && { ...words, effect: effect === 'leaves' ? 'returns' : 'stays', steps: [back] };
  }
  const back = step?.kind === 'change' ? undoOf(done.filter(isChanged), step.edit) : [];
  return back.length === 0 ? undefined : { ...words, effect, steps: back };
}
