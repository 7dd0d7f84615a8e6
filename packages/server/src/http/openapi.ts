import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { PROBLEMS } from './problem.ts';
import { problem } from './responses.ts';
import type { Operation, Route } from './route.ts';
import { userId } from './schemas.ts';

type JsonSchema = { [keyword: string]: unknown };

/** The contract as OpenAPI 3.1 has it, from the route table and its schemas. */
export function openapi(routes: readonly Route[]): JsonSchema {
  const components: { [id: string]: JsonSchema } = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    const { $schema, $defs, ...json } = z.toJSONSchema(schema, {
      io,
      unrepresentable: 'any',
      override: ({ jsonSchema }) => tidy(jsonSchema),
    }) as JsonSchema;
    Object.assign(components, $defs);
    return json;
  };

  const paths: { [path: string]: JsonSchema } = {};
  for (const { method, path, operation } of routes) {
    if (!operation) continue;
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [method.toLowerCase()]: describe(operation, path, schemaOf) };
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Safelight',
      version: packageJson.version,
      description: 'Bytes go straight to the bucket, and nothing unverified is ever served.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'images', description: 'Upload, list, view, download, delete.' },
      { name: 'service', description: 'The service itself.' },
    ],
    paths,
    components: { schemas: components },
  };
  return JSON.parse(JSON.stringify(document).replaceAll('#/$defs/', '#/components/schemas/'));
}

/** Answers may grow fields; JavaScript's own bounds of an integer say nothing about a field, nor does a date's pattern. */
function tidy(schema: z.core.JSONSchema.BaseSchema): void {
  if (schema.additionalProperties === false) delete schema.additionalProperties;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.format?.startsWith('date')) delete schema.pattern;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => JsonSchema;

function describe(operation: Operation, path: string, schemaOf: SchemaOf): JsonSchema {
  const { id, summary, description, tag, body, takesUser, query } = operation;
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map((match) => ({
      name: match[1],
      in: 'path',
      required: true,
      schema: { type: 'string', format: 'uuid' },
    })),
    ...(takesUser
      ? [{ name: 'X-User-Id', in: 'header', description: 'Who uploads or deletes.', schema: schemaOf(userId, 'input') }]
      : []),
    ...Object.entries(query?.shape ?? {}).map(([name, schema]) => {
      const { description: about, ...json } = schemaOf(schema as z.ZodType, 'input');
      return { name, in: 'query', ...(about !== undefined && { description: about }), schema: json };
    }),
  ];
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        content: Object.fromEntries(
          Object.entries(body).map(([type, { schema, example }]) => [
            type,
            { schema: schemaOf(schema, 'input'), ...(example !== undefined && { example }) },
          ]),
        ),
      },
    }),
    responses: { ...answers(operation, schemaOf), ...problems(operation, schemaOf) },
  };
}

const answers = ({ responses }: Operation, schemaOf: SchemaOf): JsonSchema =>
  Object.fromEntries(
    Object.entries(responses).map(([status, { description, content }]) => [
      status,
      {
        description,
        ...(content && {
          content: {
            ...(content.json && { 'application/json': { schema: schemaOf(content.json, 'output') } }),
            ...Object.fromEntries((content.mediaTypes ?? []).map((type) => [type, { schema: {} }])),
          },
        }),
      },
    ]),
  );

/** What any request can meet, whatever its route. */
const ALWAYS = [403, 421, 500, 503];

function problems(operation: Operation, schemaOf: SchemaOf): JsonSchema {
  const content = { 'application/problem+json': { schema: schemaOf(problem, 'output') } };
  return Object.fromEntries(
    [...operation.problems, ...ALWAYS].map((status) => {
      const codes = Object.entries(PROBLEMS).flatMap(([code, one]) => (one.status === status ? [code] : []));
      return [status, { description: codes.join(', '), content }];
    }),
  );
}
