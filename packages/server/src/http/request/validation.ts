import type * as z from 'zod';
import { AppError, type ErrorCode, type FieldError, invalidFields } from '../../domain/errors.ts';
import { preview } from '../../text/preview.ts';
import { didYouMean } from '../../text/similar-name.ts';

type Parameters = { [name: string]: string | string[] };

/** Query or form parameters: an empty one counts as absent, unless its name is in `kept`; a repeated one is an array. */
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

/** For routes where ignoring an unknown name would answer more than requested. Errors: `invalid-request` for unknown names. */
export function requireKnown(given: Parameters, { shape }: z.ZodObject): Parameters {
  const names = Object.keys(shape);
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (unknown.length === 0) return given;
  throw invalidFields(
    unknown.slice(0, MAX_ERRORS).map((name) => ({
      pointer: `?${name}`,
      detail: `expected one of ${names.join(', ')}; got ${preview(name)}${didYouMean(name, names)}`,
    })),
  );
}

/** The source of the input, which determines the form of pointers. */
type Source = 'query' | 'body' | 'form';

const pointer = (source: Source, path: readonly PropertyKey[]): string => {
  if (source === 'query') return `?${String(path[0] ?? '')}`;
  if (source === 'form') return String(path[0] ?? '');
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
};

/** Enough to correct a request; a body can contain a million errors. */
const MAX_ERRORS = 20;

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? Reflect.get(at, part) : undefined),
    value,
  );

/** The parsed value. Errors: `invalid-request`, which names every invalid field: `expected X; got Y`. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, source: Source): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;

  const errors: FieldError[] = result.error.issues.slice(0, MAX_ERRORS).map((issue) => ({
    pointer: pointer(source, issue.path),
    detail: /; got /.test(issue.message)
      ? issue.message
      : `${issue.message}; got ${preview(valueAt(value, issue.path))}`,
  }));
  const codes = result.error.issues.map((issue) => (issue.code === 'custom' ? issue.params?.['code'] : undefined));
  const code: ErrorCode = codes.every((one) => one === 'unsupported-type') ? 'unsupported-type' : 'invalid-request';
  const detail = errors.map((error) => `${error.pointer || 'body'}: ${error.detail}`).join('. ');
  throw new AppError(code, detail, { errors });
}
