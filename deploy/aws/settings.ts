/** The sizes and times of the functions. */
export const RUNTIME = 'nodejs24.x';
export const HANDLER = 'index.handler';
/**
 * A decode at the limits takes up to 900 MB, and an instance has two decoders, one for each core that Lambda shows it;
 * at rest it keeps less than 200 MB. Lambda assigns CPU by memory: a whole core comes at 1,769 MB. The HTTP function
 * decodes too: direct uploads, `complete`, and reads of new uploads.
 */
export const MEMORY_MB = 2_048;
/**
 * MAX_TEMPORARY_MB, 1,024, and up to 64 MB for each rendition of a job. With less, set MAX_TEMPORARY_MB lower; it must
 * hold two of the largest uploads.
 */
export const STORAGE_MB = 1_536;

/** The limit of an HTTP API. */
export const HTTP_TIMEOUT_SECONDS = 30;
/** An instance starts nothing in the last minute; if it still sweeps then, another one takes the remaining shards. */
export const WORKER_TIMEOUT_SECONDS = 300;

/** Lambda wants six times the function's timeout ("Configuring an Amazon SQS queue to use with Lambda"). */
export const VISIBILITY_SECONDS = 6 * WORKER_TIMEOUT_SECONDS;

/** Messages of one event; each has its own outcome. */
export const BATCH_SIZE = 10;
/** Instances of the worker that the queue may occupy. */
export const WORKER_CONCURRENCY = 10;
