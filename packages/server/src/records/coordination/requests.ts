/**
 * What operators' commands ask of the service that runs beside them: with records in SQLite it is the only one that may
 * change images, because it answers from memory. Errors: those of the store of records.
 */
export interface OperatorRequests {
  /** Leaves a request for the running service. */
  leave(request: NewRequest, now: Date): Promise<void>;

  /** The request as it is; undefined: it was removed. */
  read(id: string): Promise<OperatorRequest | undefined>;

  /** Nobody waits for the request any more: a service that does it stops. */
  remove(id: string): Promise<void>;

  /**
   * The oldest request of the lane that waits, or runs in a process that has ended since; it runs from now on.
   * undefined: there is none.
   */
  next(now: Date, lane: RequestLane): Promise<RunningRequest | undefined>;

  /** The process ends in order, and leaves its request to the next one. */
  release(id: string, now: Date): Promise<void>;

  /** Tells the operator how far it is. */
  tell(id: string, progress: string, now: Date): Promise<void>;

  /** Ends a request. Its body is forgotten, because it may name a user. */
  end(id: string, outcome: RequestOutcome, now: Date): Promise<void>;

  /** Removes answers that nobody has fetched since `before`. */
  forget(before: Date): Promise<void>;
}

/** Each has its operation in `run/requests.ts` of the service. */
export const REQUEST_KINDS = ['carry-out-deletions', 'delete-user', 'import-images', 'reconcile'] as const;
export type RequestKind = (typeof REQUEST_KINDS)[number];

/** Lanes don't wait for each other: an import takes hours, one request after the other. */
export const REQUEST_LANES = ['imports', 'others'] as const;
export type RequestLane = (typeof REQUEST_LANES)[number];

/** How the answer of a request begins that has ended the service again and again. */
export const CRASHED = 'expected the service to carry out the request; got its end';

export interface NewRequest {
  /** A UUIDv7. */
  readonly id: string;
  readonly kind: RequestKind;
  /** JSON. */
  readonly body: string;
}

/** `kind` is a text, since another version of the command may have left it. */
export interface RunningRequest extends Pick<NewRequest, 'id' | 'body'> {
  readonly kind: string;
  /** How many processes have ended while they did it, without releasing it: it may be the cause. */
  readonly crashes: number;
}

export interface OperatorRequest {
  readonly state: 'waiting' | 'running' | RequestOutcome['state'];
  readonly progress: string | null;
  /** The answer of an ended request: the JSON of `done`, the sentence of `failed`. */
  readonly answer: string | null;
}

export type RequestOutcome =
  | { readonly state: 'done'; readonly answer: string }
  | { readonly state: 'failed'; readonly answer: string };
