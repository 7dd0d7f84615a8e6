export type JsonSchema = { readonly [keyword: string]: unknown };

/** Whether clients send the value or the service answers it. */
type Direction = 'input' | 'output';

/** A JSON Schema of zod in the form that generators of clients understand, without keywords that say nothing. */
export function plainSchema(schema: JsonSchema, io: Direction): JsonSchema {
  // zod repeats that names are text, and readonly is a matter of TypeScript.
  const { propertyNames, readOnly, ...rest } = schema;
  const within = Object.entries(rest).map(([keyword, value]) => [keyword, IN_KEYWORD[keyword]?.(value, io) ?? value]);
  return withoutEmptyBounds(withOpenObject(withNullableType(Object.fromEntries(within)), io));
}

type Within = (value: unknown, io: Direction) => unknown;

const inEach: Within = (schemas, io) => (schemas as readonly JsonSchema[]).map((schema) => plainSchema(schema, io));
const inOne: Within = (schema, io) => (typeof schema === 'object' ? plainSchema(schema as JsonSchema, io) : schema);
const inValues: Within = (schemas, io) =>
  Object.fromEntries(Object.entries(schemas as object).map(([name, schema]) => [name, inOne(schema, io)]));

/** The keywords with schemas as values; examples and defaults are data. */
const IN_KEYWORD: { readonly [keyword: string]: Within | undefined } = {
  properties: inValues,
  additionalProperties: inOne,
  items: inOne,
  anyOf: inEach,
  oneOf: inEach,
  allOf: inEach,
};

/** `type: [x, 'null']` for a choice of x and null. */
function withNullableType(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2 || anyOf[1].type !== 'null') return schema;
  const { type, enum: values, ...one } = anyOf[0];
  if (typeof type !== 'string')
    throw new Error(`expected a nullable schema with one type; got ${JSON.stringify(anyOf)}`);
  return { ...rest, ...one, ...rest, type: [type, 'null'], ...(values && { enum: [...values, null] }) };
}

/**
 * Answers may get new fields; a closed object of a request refuses unknown ones. An object without fields is free-form,
 * which generators assume only if it says so.
 */
function withOpenObject(schema: JsonSchema, io: Direction): JsonSchema {
  const { type, properties, additionalProperties } = schema;
  if (!isOneOf(type, 'object')) return schema;
  const { additionalProperties: _, ...fields } = schema;
  if (additionalProperties === false) return io === 'output' ? fields : schema;
  if (additionalProperties === undefined && properties !== undefined) return schema;
  return { ...schema, additionalProperties: isAnything(additionalProperties) ? true : additionalProperties };
}

const isOneOf = (type: unknown, name: string): boolean => [type].flat().includes(name);

const isAnything = (schema: unknown): boolean => schema === undefined || JSON.stringify(schema) === '{}';

/** JavaScript's integer bounds, and a pattern beside a format, say nothing about a field. */
function withoutEmptyBounds(schema: JsonSchema): JsonSchema {
  const isEmpty = ([keyword, value]: [string, unknown]): boolean =>
    (keyword === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
    (keyword === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
    (keyword === 'pattern' && 'format' in schema);
  return Object.fromEntries(Object.entries(schema).filter((entry) => !isEmpty(entry)));
}
