const MAX_CAUSES = 5;
const MAX_ERRORS = 3;
const MAX_TEXT = 300;

/** Fields of errors that tell causes of one sentence apart. */
const FIELDS = ['code', 'errcode', 'httpStatusCode'] as const;

/** The sentences of an error and of its causes, the outermost first. Never throws: logging must not fail. */
export const sentencesOf = (error: unknown): string =>
  readable(() =>
    chainOf(error)
      .map(sentenceOf)
      .filter((sentence, index, all) => sentence !== '' && sentence !== all[index - 1])
      .join(': '),
  );

/** A text that is equal for errors of one cause: without the parts that differ from image to image. Never throws. */
export const causeOf = (error: unknown): string =>
  readable(() =>
    chainOf(error)
      .map((one) => `${typeOf(one)} ${FIELDS.map((name) => fieldOf(one, name)).join(' ')} ${classOf(sentenceOf(one))}`)
      .join('\n'),
  );

function readable(read: () => string): string {
  try {
    return read();
  } catch {
    return 'an error that cannot be read';
  }
}

/**
 * Ids of images and requests, ports and long numbers: sizes, durations. A status of HTTP has three digits, and stays.
 */
const OF_ONE =
  /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,}|\b(?=[a-z]*\d)[a-z\d]{12,}|(?<=[\w\]]:)\d{1,5}\b|\d{4,}/gi;
const KEY = /\b(images|incoming|renditions)\/[^\s"']+/g;

/** A sentence without what differs from image to image. */
export const classOf = (sentence: string): string =>
  sentence.slice(0, MAX_TEXT).replaceAll(KEY, '$1/#').replaceAll(OF_ONE, '#');

function chainOf(error: unknown, depth = 0): readonly unknown[] {
  if (!(error instanceof Error) || depth >= MAX_CAUSES) return [error];
  const inner = error instanceof AggregateError && Array.isArray(error.errors) ? error.errors.slice(0, MAX_ERRORS) : [];
  return [
    error,
    ...[error.cause, ...inner].filter((one) => one !== undefined).flatMap((one) => chainOf(one, depth + 1)),
  ];
}

const typeOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

const sentenceOf = (error: unknown): string => {
  const text: unknown = error instanceof Error ? error.message : error;
  return typeof text === 'string' ? text : typeof text;
};

function fieldOf(error: unknown, name: (typeof FIELDS)[number]): string {
  if (typeof error !== 'object' || error === null) return '';
  const own = (error as Record<string, unknown>)[name];
  const ofAws = '$metadata' in error ? (error.$metadata as Record<string, unknown> | undefined)?.[name] : undefined;
  const field = own ?? ofAws;
  return typeof field === 'string' || typeof field === 'number' ? String(field) : '';
}
