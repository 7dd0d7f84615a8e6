import { AppError } from '../domain/errors.ts';
import { answerImport } from '../operations/imports/answer-import.ts';
import { answerReconcile } from '../operations/reconcile/answer-reconcile.ts';
import { answerDeleteUser } from '../operations/users/answer-delete-user.ts';
import { carryOutDeletions } from '../operations/users/carry-out-deletions.ts';
import {
  CRASHED,
  type OperatorRequests,
  type RequestKind,
  type RequestLane,
  type RequestOutcome,
  type RunningRequest,
} from '../records/coordination/requests.ts';
import type { OperatorServices, Services } from '../services.ts';

/** The services of a process that does what operators' commands ask. */
type AskedServices = Services & OperatorServices & { readonly requests: OperatorRequests };

interface Asked {
  readonly signal: AbortSignal;
  /** A sentence for the operator. */
  readonly onProgress: (sentence: string) => void;
}

/** What does each kind: by the JSON of its body, to the JSON of its answer. A request is repeated after a crash. */
const OPERATIONS: {
  readonly [Kind in RequestKind]: (services: AskedServices, body: unknown, asked: Asked) => Promise<unknown>;
} = {
  'carry-out-deletions': async (services, _body, { signal }) => carryOutDeletions(services, signal),
  'delete-user': answerDeleteUser,
  'import-images': answerImport,
  reconcile: answerReconcile,
};

/** How soon the service notices that nobody waits for a request any more. */
const LOOK_MS = 1_000;

/** A request that ends the service would end it again at each start. */
const MAX_CRASHES = 3;

/** An answer that no command has fetched is removed after an hour. */
const KEPT_MS = 3_600_000;

/** Does the requests of operators' commands in a lane, one after the other. Errors: those of the store of records. */
export async function carryOutRequests(services: Services, lane: RequestLane, signal: AbortSignal): Promise<void> {
  const { operator, clock } = services;
  const { requests } = operator ?? {};
  if (!operator || !requests) return;
  const next = () => requests.next(clock.now(), lane);
  for (let request = await next(); request; request = await next()) {
    const { id, kind } = request;
    const carryOut = async (): Promise<void> => {
      using wanted = whileWanted(requests, id);
      const outcome = await outcomeOf(
        { ...services, ...operator, requests },
        request,
        AbortSignal.any([signal, wanted.signal]),
      );
      // Interrupted, it is left to the next start.
      await (signal.aborted ? requests.release(id, clock.now()) : requests.end(id, outcome, clock.now()));
    };
    await (kind === 'delete-user' ? operator.deletionInOrder(carryOut) : carryOut());
    if (signal.aborted) return;
  }
  await requests.forget(new Date(clock.now().getTime() - KEPT_MS));
}

/** A signal that aborts once the request was removed: an interrupted command wants nothing more to be changed. */
function whileWanted(requests: OperatorRequests, id: string): Disposable & { readonly signal: AbortSignal } {
  const ending = new AbortController();
  const look = async (): Promise<void> => {
    if (await requests.read(id)) return;
    ending.abort(new AppError('unavailable', 'expected a command that waits for the answer; got none'));
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  return { signal: ending.signal, [Symbol.dispose]: () => clearInterval(timer) };
}

async function outcomeOf(
  services: AskedServices,
  { id, kind, body, crashes }: RunningRequest,
  signal: AbortSignal,
): Promise<RequestOutcome> {
  const { requests, clock, observe } = services;
  let told = Promise.resolve();
  const onProgress = (sentence: string): void => {
    told = requests.tell(id, sentence, clock.now()).catch(() => undefined);
  };
  try {
    if (crashes >= MAX_CRASHES) throw crashed(crashes);
    const operation = Object.hasOwn(OPERATIONS, kind) ? OPERATIONS[kind as RequestKind] : undefined;
    if (!operation)
      throw new AppError(
        'unavailable',
        `expected a service that knows the request ${kind}; got one of another version`,
      );
    const answer = await operation(services, JSON.parse(body), { signal, onProgress });
    await told;
    return { state: 'done', answer: JSON.stringify(answer ?? null) };
  } catch (error) {
    await told;
    if (!(error instanceof AppError) || error.code === 'internal') observe({ event: 'command-failed', error });
    return {
      state: 'failed',
      answer: error instanceof AppError ? error.detail : 'Internal error; the log has its cause',
    };
  }
}

const crashed = (crashes: number): AppError =>
  new AppError(
    'internal',
    `${CRASHED} ${crashes} times meanwhile: its log may say why. The same command tries it again`,
  );
