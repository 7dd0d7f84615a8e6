import type * as z from 'zod';
import { type ErrorCode, type FieldError, invalidFields } from '../../domain/errors.ts';
import type { ProblemParams } from '../../domain/problem-params.ts';
import { preview } from '../../text/preview.ts';
import { unknownName } from '../../text/similar-name.ts';

type Parameters = { [name: string]: string | string[] };

/**
 * Query or form parameters: an empty one counts as absent, unless its name is in `kept`; a repeated one is an array.
 */
export function parameters(entries: Iterable<readonly [string, string]>, kept: readonly string[] = []): Parameters {
  const found: Parameters = Object.create(null);
  for (const [name, value] of entries) {
    if (value === '' && !kept.includes(name)) continue;
    const before = found[name];
    if (before === undefined) found[name] = value;
    else if (typeof before === 'string') found[name] = [before, value];
    else before.push(value);
  }
  return found;
}

/** Errors: `invalid-request` for names that aren't `known`: an ignored one would look obeyed. */
export function requireKnown(given: Iterable<string>, known: readonly string[], source: Source): void {
  const unknown = [...new Set(given)].filter((name) => !known.includes(name)).slice(0, MAX_ERRORS);
  if (unknown.length === 0) return;
  throw invalidFields(unknown.map((name) => ({ pointer: pointer(source, [name]), detail: unknownName(name, known) })));
}

/** The source of the input, which determines the form of pointers. */
type Source = 'query' | 'body' | 'form';

const pointer = (source: Source, path: readonly PropertyKey[]): string => {
  if (source === 'query') return `?${String(path[0] ?? '')}`;
  if (source === 'form') return String(path[0] ?? '');
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
};

/** Enough to correct a request; a body can contain a million errors. */
export const MAX_ERRORS = 20;

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined),
    value,
  );

/** The parsed value. Errors: `invalid-request`, which names every invalid field: `expected X; got Y`. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, source: Source): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;

  const errors = result.error.issues
    .slice(0, MAX_ERRORS)
    .flatMap((issue) => fieldErrors(issue, value, source))
    .slice(0, MAX_ERRORS);
  const codes = result.error.issues.map((issue) => (issue.code === 'custom' ? issue.params?.['code'] : undefined));
  const code: ErrorCode = codes.every((one) => one === 'unsupported-type') ? 'unsupported-type' : 'invalid-request';
  throw invalidFields(errors, code, { params: paramsOf(result.error.issues) });
}

/** Values go with the problem if one field alone is wrong: with several, nobody knew whose they are. */
function paramsOf(issues: readonly z.core.$ZodIssue[]): ProblemParams | undefined {
  const [issue, ...others] = issues;
  return issue?.code === 'custom' && others.length === 0 ? issue.params?.['values'] : undefined;
}

/** One error, or one for each unknown field of an object (`closedObject`). */
function fieldErrors(issue: z.core.$ZodIssue, value: unknown, source: Source): FieldError[] {
  const { path, message } = issue;
  if (issue.code === 'unrecognized_keys') {
    const details = message.split('\n');
    return issue.keys
      .slice(0, MAX_ERRORS)
      .map((name, index) => ({ pointer: pointer(source, [...path, name]), detail: details[index] ?? message }));
  }
  const detail = /; got /.test(message) ? message : `${message}; got ${preview(valueAt(value, path))}`;
  return [{ pointer: pointer(source, path), detail }];
}
