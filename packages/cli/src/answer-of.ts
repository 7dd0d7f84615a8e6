import { SafelightError } from '@safelight/client';

/**
 * What a command needs of a value in an answer: `text`, an object with these fields, or a list of such. `?`: null will
 * do; `-`: so will its absence.
 */
export type Shape = 'text' | 'text?' | List | { readonly [field: string]: Shape };
type List = readonly [Shape] | readonly [Shape, '?' | '-'];

/** An answer that has what the command reads of it. Errors: `unexpected-answer`. */
export function answerOf<Answer>(answer: unknown, shape: Shape): Answer {
  if (fits(answer, shape)) return answer as Answer;
  const got = JSON.stringify(answer)?.slice(0, PREVIEW_LENGTH);
  throw new SafelightError('unexpected-answer', `expected JSON of a Safelight service; got ${got}`);
}

const PREVIEW_LENGTH = 80;

function fits(value: unknown, shape: Shape): boolean {
  if (shape === 'text') return typeof value === 'string';
  if (shape === 'text?') return value === null || typeof value === 'string';
  if (isList(shape)) {
    const [one, or] = shape;
    if (Array.isArray(value)) return value.every((each) => fits(each, one));
    return (value === null && or === '?') || (value === undefined && or === '-');
  }
  return Object(value) === value && Object.entries(shape).every(([field, one]) => fits(Object(value)[field], one));
}

const isList = (shape: Shape): shape is List => Array.isArray(shape);
