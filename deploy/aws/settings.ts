/** The sizes and times of the functions. docs/operations.md has the reasons. */
export const RUNTIME = 'nodejs24.x';
export const HANDLER = 'index.handler';
export const MEMORY_MB = 2_048;
/** MAX_TEMPORARY_MB, 1,024, and the renditions of jobs. */
export const STORAGE_MB = 1_536;

/** The limit of an HTTP API. */
export const HTTP_TIMEOUT_SECONDS = 30;
export const WORKER_TIMEOUT_SECONDS = 300;

/** Lambda wants six times the function's timeout ("Configuring an Amazon SQS queue to use with Lambda"). */
export const VISIBILITY_SECONDS = 6 * WORKER_TIMEOUT_SECONDS;

/** Messages of one event; each has its own outcome. */
export const BATCH_SIZE = 10;
/** Instances of the worker that the queue may occupy. */
export const WORKER_CONCURRENCY = 10;
