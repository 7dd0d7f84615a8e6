import type { ErrorCode } from '../../domain/errors.ts';
import { exampleProblem } from '../answers/problem.openapi.ts';
import { PROBLEMS, RETRIABLE } from '../problem.ts';
import type { Operation } from '../route.ts';
import type { JsonSchema } from './plain-schema.ts';

/** The problems of one status that an operation answers. */
export interface ProblemAnswer {
  readonly status: number;
  readonly codes: readonly ErrorCode[];
  /** The operation's own examples of details. */
  readonly details: NonNullable<Operation['details']>;
  /** Names the response, which is the same for each operation with these codes; null with details of its own. */
  readonly name: string | null;
}

export const problemAnswers = (codes: readonly ErrorCode[], { details = {} }: Operation): ProblemAnswer[] =>
  [...Map.groupBy(codes, (code) => PROBLEMS[code].status)].map(([status, ofStatus]) => ({
    status,
    codes: ofStatus,
    details,
    name: ofStatus.some((code) => code in details) ? null : ofStatus.join('.'),
  }));

/** Describes each answer in full, or by a reference to `shared` if at least two of all answers have its name. */
export function problemResponses(all: readonly ProblemAnswer[], problemSchema: JsonSchema) {
  const byName = Map.groupBy(all, ({ name }) => name);
  const isShared = ({ name }: ProblemAnswer): boolean => name !== null && (byName.get(name) ?? []).length > 1;
  const firsts = [...byName.values()].flatMap(([first]) => first ?? []).filter(isShared);
  return {
    shared: Object.fromEntries(firsts.map((one) => [one.name, response(one, problemSchema)])),
    of: (answers: readonly ProblemAnswer[]): JsonSchema =>
      Object.fromEntries(
        answers.map((one) => [
          one.status,
          isShared(one) ? { $ref: `#/components/responses/${one.name}` } : response(one, problemSchema),
        ]),
      ),
  };
}

function response({ status, codes, details }: ProblemAnswer, schema: JsonSchema): JsonSchema {
  const exampleOf = (code: ErrorCode): JsonSchema => {
    const detail = details[code];
    return detail === undefined ? { $ref: `#/components/examples/${code}` } : { value: exampleProblem(code, detail) };
  };
  const examples = Object.fromEntries(codes.map((code) => [code, exampleOf(code)]));
  const headers = { ...RETRY_AFTER, ...(codes.includes('rate-limited') && RATE_LIMIT) };
  return {
    description: codes.join(', '),
    ...(RETRIABLE.includes(status) && { headers }),
    content: { 'application/problem+json': { schema, examples } },
  };
}

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds until another attempt.', schema: { type: 'integer' } } };

const RATE_LIMIT = {
  'RateLimit-Policy': {
    description:
      'The limits that this request counted to, and their windows in seconds: `"read";q=24000;w=60`; for a key that acts for users also `"read-of-key";q=1200000;w=60`, for all of them together.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description: 'What is left of them, and the seconds until the window ends: `"read";r=23999;t=60`.',
    schema: { type: 'string' },
  },
};
