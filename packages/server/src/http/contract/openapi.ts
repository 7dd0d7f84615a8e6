import * as z from 'zod';
import { POLICY, type Row, type Rule, refusalOf } from '../../domain/access/policy.ts';
import { SCOPES } from '../../domain/access/principal.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { VERSION } from '../../observe/version.ts';
import { EXAMPLE_PROBLEMS, problem } from '../answers/problem.openapi.ts';
import { PROBLEMS } from '../problem.ts';
import { userId } from '../request/fields.ts';
import { isHealthPath } from '../request/health-path.ts';
import { PATH_PARTS } from '../request/path-parts.ts';
import type { Operation, RequestHeader, Route } from '../route.ts';
import { isForAnyPage } from '../steps/cross-site-guard.ts';
import { webhookMessages } from '../webhooks/message.openapi.ts';
import { type JsonSchema, plainSchema } from './plain-schema.ts';
import { problemAnswers, problemResponses } from './problem-responses.ts';

/** The contract as an OpenAPI 3.1 document, from the route table and its schemas. */
export function openapi(routes: readonly Route<never>[]): JsonSchema {
  const components: { [id: string]: JsonSchema } = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): JsonSchema => {
    const { $schema, $defs = {}, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
    for (const [id, definition] of Object.entries($defs)) components[id] = plainSchema(definition, io);
    return plainSchema(json, io);
  };

  const described = routes.flatMap((route) => {
    const { operation } = route;
    return operation ? [{ ...route, operation, problems: problemAnswers(problemsOf(route), operation) }] : [];
  });
  const allProblems = described.flatMap(({ problems }) => problems);
  const responsesOf = problemResponses(allProblems, schemaOf(problem, 'output'));
  const paths: { [path: string]: JsonSchema } = {};
  for (const { method, path, operation, problems } of described) {
    const template = path.replace(/:(\w+)/g, '{$1}');
    const responses = { ...answers(operation, schemaOf), ...responsesOf.of(problems) };
    const request = describe(operation, path, schemaOf);
    const security = securityOf(operation);
    paths[template] = { ...paths[template], [method.toLowerCase()]: { ...request, security, responses } };
  }
  const answered = new Set(allProblems.flatMap(({ codes }) => codes));
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Safelight',
      version: VERSION,
      description: 'Bytes go straight to the bucket, and the service serves only verified images.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'images', description: 'Upload, list, view, change, download, delete.' },
      {
        name: 'renditions',
        description: 'Sizes and shapes of an image: presets, and signed URLs for everything else.',
      },
      { name: 'albums', description: 'Images of a user under a title.' },
      {
        name: 'links',
        description: 'URLs to pass on: each opens the original or one preset, until it expires or is revoked.',
      },
      { name: 'keys', description: 'Credentials of backends and users, for admins. Only with `AUTH=api-key`.' },
      {
        name: 'webhooks',
        description:
          'Addresses that are told of events, for admins. Only with `EVENTS=on`, and with `AUTH`. The messages are described under `webhooks`.',
      },
      { name: 'gates', description: 'Who must look at an image before it is ready, and what they decided.' },
      {
        name: 'events',
        description: 'What happens to images, in order, to read and to follow. Only with `EVENTS=on`.',
      },
      { name: 'usage', description: 'What users store and may store. Only with `USAGE=on`.' },
      { name: 'users', description: 'Deletes all data of a person. Only with `AUTH`.' },
      { name: 'service', description: 'The service itself.' },
      { name: 'compatibility', description: 'Routes of the earlier services, for their clients.' },
    ],
    paths,
    webhooks: webhookMessages((schema) => schemaOf(schema, 'output')),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: CREDENTIAL } },
      responses: responsesOf.shared,
      schemas: components,
      examples: Object.fromEntries([...answered].map((code) => [code, { value: EXAMPLE_PROBLEMS[code] }])),
    },
  };
  return JSON.parse(JSON.stringify(document).replaceAll('#/$defs/', '#/components/schemas/'));
}

const BEARER: JsonSchema = { bearer: [] };

/** Undefined: nobody needs a credential. */
const ruleOf = ({ id }: Operation): Rule | 'caller' | undefined => {
  const rule: Row = POLICY[id];
  return rule === 'public' || rule === 'signed' || rule === 'guest' ? undefined : rule;
};

const CLOSED_TAGS: readonly Operation['tag'][] = ['keys', 'webhooks', 'users'];

/** Open mode needs no token, except for what doesn't exist there. */
function securityOf(operation: Operation): readonly JsonSchema[] {
  const rule = ruleOf(operation);
  if (!rule) return [];
  return CLOSED_TAGS.includes(operation.tag) || (rule !== 'caller' && rule.effect === 'delegate')
    ? [BEARER]
    : [{}, BEARER];
}

/** As generators know bytes. OpenAPI 3.1 itself would have no schema, which openapi-generator takes for text. */
const BYTES: JsonSchema = { type: 'string', format: 'binary' };

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => JsonSchema;

function describe(operation: Operation, path: string, schemaOf: SchemaOf): JsonSchema {
  const { id, summary, description, tag, body, mayLackBody = false, headers, query } = operation;
  const parameters = [
    ...[...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
      name,
      in: 'path',
      required: true,
      schema: PATH_PARTS[name] ?? { type: 'string' },
    })),
    ...(headers ?? []).map((name) => ({
      name,
      in: 'header',
      ...(name === 'Guest-Secret' && { required: true }),
      ...asParameter(HEADERS[name], schemaOf),
    })),
    ...Object.entries<z.ZodType>(query?.shape ?? {}).map(([name, schema]) => ({
      name,
      in: 'query',
      ...(!schema.safeParse(undefined).success && { required: true }),
      ...asParameter(schema, schemaOf),
    })),
  ];
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        ...(!mayLackBody && { required: true }),
        content: Object.fromEntries(
          Object.entries(body).map(([type, { schema, examples }]) => [
            type,
            { schema: schemaOf(schema, 'input'), ...(examples && { examples }) },
          ]),
        ),
      },
    }),
  };
}

/** Moves a parameter's description beside its schema. */
function asParameter(schema: z.ZodType, schemaOf: SchemaOf): JsonSchema {
  const { description, ...json } = schemaOf(schema, 'input');
  return { ...(description !== undefined && { description }), schema: json };
}

const HEADERS = {
  'X-User-Id': userId.meta({ description: 'The user who sends the request.' }),
  'Guest-Secret': z.string().meta({
    description:
      'Whoever has it is the guest: 32 to 64 random characters of base64url, made by the page and kept there.',
    minLength: 32,
    maxLength: 64,
    pattern: '^[A-Za-z0-9_-]+$',
    examples: ['Zk3vQ1b8xT0mJw7RpY2sLh5NcD9fGaUe4iKoVtX6_-A'],
  }),
  'Idempotency-Key': z.string().meta({
    description: 'Repeating a request with the same key within 24 hours refers to the same upload.',
    minLength: 1,
    maxLength: 255,
    examples: ['0b5f1f4e-holiday-7'],
  }),
  'If-Match': z.string().meta({
    description:
      'The ETag of the metadata, or `"<revision>"`: if the image has another revision, nothing changes (412).',
    examples: ['"2.9f86d081884c7d65"', '"2"'],
  }),
  'If-None-Match': z.string().meta({
    description: 'An ETag from an earlier answer: 304 if it is current.',
    examples: ['"2.9f86d081884c7d65"', '*'],
  }),
  'Last-Event-ID': z.string().meta({
    description: 'Of a stream: the `id` of the last message that arrived. It counts before `cursor` and `from`.',
  }),
  Range: z.string().meta({
    description: 'One range of bytes (RFC 9110 14.2); several ranges are answered with all bytes.',
    examples: ['bytes=0-1023'],
  }),
} as const satisfies Record<RequestHeader, z.ZodType>;

const answers = ({ responses }: Operation, schemaOf: SchemaOf): JsonSchema =>
  Object.fromEntries(
    Object.entries(responses).map(([status, { description, headers, json, examples, mediaTypes = [] }]) => [
      status,
      {
        description,
        ...(headers && {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, about]) => [name, { description: about, schema: { type: 'string' } }]),
          ),
        }),
        ...((json || mediaTypes.length > 0) && {
          content: {
            ...(json && { 'application/json': { schema: schemaOf(json, 'output'), ...(examples && { examples }) } }),
            ...Object.fromEntries(mediaTypes.map((type) => [type, { schema: BYTES }])),
          },
        }),
      },
    ]),
  );

/** Problems of any request, on every route. */
const ALWAYS: readonly ErrorCode[] = ['invalid-request', 'internal', 'unavailable'];

/** Health checks may come from anywhere. */
const unlessHealth = (path: string): readonly ErrorCode[] =>
  isHealthPath(path) ? [] : ['forwarded-request', 'misdirected-host'];

/** Problems of a credential, where the service asks for one. An admin may name any user. */
function accessProblems(operation: Operation): readonly ErrorCode[] {
  const rule = ruleOf(operation);
  if (!rule) return [];
  const mayLackScope = SCOPES.some((scope) => lacksScope(operation, scope));
  return [
    'unauthenticated',
    ...(mayLackScope ? (['missing-scope'] as const) : []),
    'user-erased',
    ...(rule !== 'caller' && rule.effect === 'administer' ? [] : (['forbidden'] as const)),
  ];
}

/** Where a credential is asked for, refused ones are counted, even if the requests aren't. */
const rateProblems = ({ id }: Operation): readonly ErrorCode[] => (POLICY[id] === 'public' ? [] : ['rate-limited']);

/** Every credential has a scope, and each of them suffices to ask for the state of one's own uploads. */
const lacksScope = ({ id }: Operation, scope: (typeof SCOPES)[number]): boolean =>
  scope !== 'images:admin' &&
  refusalOf({
    principal: { kind: 'user', userId: '', scopes: [scope], actors: [''] },
    operation: id,
    named: null,
  }) === 'missing-scope';

function problemsOf({ method, path, operation }: Route<never>): ErrorCode[] {
  const guarded: readonly ErrorCode[] = method === 'GET' && isForAnyPage(path) ? [] : ['origin-not-allowed'];
  const refused = operation ? [...accessProblems(operation), ...rateProblems(operation)] : [];
  const met = new Set([...ALWAYS, ...unlessHealth(path), ...guarded, ...refused, ...(operation?.problems ?? [])]);
  return (Object.keys(PROBLEMS) as ErrorCode[]).filter((code) => met.has(code));
}

const CREDENTIAL =
  'An API key, an upload token, or a token of the issuer. WWW-Authenticate of a 401 has error="invalid_token" if the request had a credential.';
