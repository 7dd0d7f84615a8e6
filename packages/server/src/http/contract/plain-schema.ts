export type JsonSchema = { readonly [keyword: string]: unknown };

/** A JSON Schema of zod in the form that generators of clients understand, without keywords that say nothing. */
export function plainSchema(schema: JsonSchema): JsonSchema {
  // zod repeats that names are text, and readonly is a matter of TypeScript.
  const { propertyNames, readOnly, ...rest } = schema;
  const within = Object.entries(rest).map(([keyword, value]) => [keyword, IN_KEYWORD[keyword]?.(value) ?? value]);
  return withoutEmptyBounds(withOpenObject(withNullableType(Object.fromEntries(within))));
}

const inEach = (schemas: unknown): unknown => (schemas as readonly JsonSchema[]).map(plainSchema);
const inOne = (schema: unknown): unknown => (typeof schema === 'object' ? plainSchema(schema as JsonSchema) : schema);
const inValues = (schemas: unknown): unknown =>
  Object.fromEntries(Object.entries(schemas as object).map(([name, schema]) => [name, inOne(schema)]));

/** The keywords with schemas as values; examples and defaults are data. */
const IN_KEYWORD: { readonly [keyword: string]: ((value: unknown) => unknown) | undefined } = {
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

/** Answers may get new fields. An object without fields is free-form, which generators assume only if it says so. */
function withOpenObject(schema: JsonSchema): JsonSchema {
  const { type, properties, additionalProperties } = schema;
  if (!isOneOf(type, 'object')) return schema;
  const { additionalProperties: _, ...fields } = schema;
  if (additionalProperties === false) return fields;
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
