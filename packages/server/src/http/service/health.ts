import * as z from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { DEFAULT_PRESETS, parsePresets } from '../../domain/rendition/presets.ts';
import { canonicalTransform } from '../../domain/rendition/transform-parameters.ts';
import { checkReadiness, DEGRADABLE, type Degradable } from '../../operations/checks/check-readiness.ts';
import type { Services } from '../../services.ts';
import { addHeaders, jsonAnswer } from '../answers/answer.ts';
import { galleryPage } from '../pages/gallery-page.ts';
import { header } from '../request/header.ts';
import type { Route, RouteContext } from '../route.ts';

const health = z.object({ status: z.literal('ok') });

const readiness = z.object({
  status: z.enum(['ok', 'degraded']),
  parts: z.array(z.enum(DEGRADABLE)).optional().meta({
    description:
      'With `degraded`: the parts whose calls failed lately; `disk-space` while uploads are refused to keep the reserve of the disk.',
  }),
});

type Capabilities = Services['presigner']['capabilities'];

/** Capabilities that some stores lack, by their names in S3_LACKS. */
const NAMES = {
  conditionalWrites: 'conditional-writes',
  checksums: 'checksums',
  postPolicy: 'post-policy',
  headerSigning: 'header-signing',
} as const satisfies Record<keyof Capabilities, string>;

/** The confinement of a decoder under an attacker's control. */
const CONFINEMENTS = ['landlock', 'namespaces', 'unconfined'] as const satisfies readonly ReturnType<
  Services['imaging']['confinement']
>['level'][];

const lackedBy = (capabilities: Capabilities) =>
  (Object.keys(NAMES) as (keyof Capabilities)[]).filter((one) => !capabilities[one]).map((one) => NAMES[one]);

const index = z.object({
  status: z.literal('running'),
  name: z.literal('safelight'),
  version: z.string(),
  limits: z.object({
    max_upload_bytes: z.int(),
    max_direct_upload_bytes: z.int(),
    presigned_seconds: z.int(),
  }),
  bytes: z.enum(['stream', 'redirect']),
  search: z.boolean().meta({ description: 'Whether lists have `q`.' }),
  trash_days: z
    .int()
    .meta({ description: 'How long images stay in the trash; 0: the service has no trash, and its routes are a 404.' }),
  presets: z.record(z.string(), z.string()).meta({ description: 'The transform of each preset, as a query.' }),
  presets_only: z.boolean(),
  decoders: z.enum(CONFINEMENTS),
  store: z.object({ lacks: z.array(z.enum(Object.values(NAMES))) }),
});

type Limits = Pick<
  Services['settings'],
  | 'maxUploadBytes'
  | 'maxDirectUploadBytes'
  | 'presignedSeconds'
  | 'redirectsBytes'
  | 'trashDays'
  | 'presets'
  | 'presetsOnly'
>;

const describedAs = (
  { maxUploadBytes, maxDirectUploadBytes, presignedSeconds, redirectsBytes, trashDays, presets, presetsOnly }: Limits,
  capabilities: Capabilities,
  { decoders, search }: Pick<z.input<typeof index>, 'decoders' | 'search'>,
): z.input<typeof index> => ({
  status: 'running',
  name: 'safelight',
  version: packageJson.version,
  limits: {
    max_upload_bytes: maxUploadBytes,
    max_direct_upload_bytes: maxDirectUploadBytes,
    presigned_seconds: presignedSeconds,
  },
  bytes: redirectsBytes ? 'redirect' : 'stream',
  search,
  trash_days: trashDays,
  presets: Object.fromEntries([...presets].map(([name, transform]) => [name, canonicalTransform(transform)])),
  presets_only: presetsOnly,
  decoders,
  store: { lacks: lackedBy(capabilities) },
});

const EXAMPLE_SETTINGS: Limits = {
  maxUploadBytes: 52_428_800,
  maxDirectUploadBytes: 5_242_880,
  presignedSeconds: 300,
  redirectsBytes: false,
  trashDays: 30,
  presets: parsePresets(DEFAULT_PRESETS),
  presetsOnly: false,
};

const EVERYTHING: Capabilities = { conditionalWrites: true, checksums: true, postPolicy: true, headerSigning: true };

const IT_DOES = { ok: { summary: 'The service answers', value: { status: 'ok' } satisfies z.input<typeof health> } };

const READY = { status: 'ok' } satisfies z.input<typeof readiness>;

const degraded = (parts: readonly Degradable[]): z.input<typeof readiness> => ({
  status: 'degraded',
  parts: [...parts],
});

const answerOk = (c: RouteContext) => jsonAnswer(c, { status: 'ok' } satisfies z.input<typeof health>);

export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    operation: {
      id: 'describeService',
      summary: 'The service, its version and its limits',
      description:
        'JSON; a client that asks for HTML gets the gallery, a page for people. `bytes`: whether the service sends bytes or redirects to the store; `search`: whether lists have `q`; `decoders`: the confinement of decode processes (SECURITY.md), until the first one has started the expected one, unless DECODERS_REQUIRE had it measured; `store.lacks`: the rules of S3 that the store lacks.',
      tag: 'service',
      responses: {
        200: {
          description: 'The service runs. For browsers: the gallery.',
          json: index,
          examples: {
            running: {
              summary: 'The service runs',
              value: describedAs(EXAMPLE_SETTINGS, EVERYTHING, { decoders: 'landlock', search: true }),
            },
          },
        },
        302: {
          description: 'To /docs, for browsers, where the gallery is not installed.',
          headers: { Location: '`/docs`' },
        },
      },
      problems: [],
    },
    handle(c, services) {
      addHeaders(c, { vary: 'Origin, Accept' });
      const wantsPage = header(c, 'accept')?.toLowerCase().includes('text/html') === true;
      if (wantsPage) return galleryPage(c, services);
      const { settings, presigner, imaging, images } = services;
      return jsonAnswer(
        c,
        describedAs(settings, presigner.capabilities, {
          decoders: imaging.confinement().level,
          search: images.searches,
        }),
      );
    },
  },
  ...(['/health', '/livez'] as const).map(
    (path): Route => ({
      method: 'GET',
      path,
      operation: {
        id: path === '/health' ? 'checkHealth' : 'checkLiveness',
        summary: 'Whether the service answers',
        tag: 'service',
        responses: { 200: { description: 'The service answers.', json: health, examples: IT_DOES } },
        problems: [],
      },
      handle: answerOk,
    }),
  ),
  {
    method: 'GET',
    path: '/readyz',
    operation: {
      id: 'checkReadiness',
      summary: 'Whether requests can be served now',
      description:
        "Based on the service's own calls of the last 30 s; a part without writes is probed, at most once in 30 s. `degraded`: some calls failed, or uploads are refused because the disk is nearly full. 503: every write to a part has failed for 15 s; `errors` names the part, as `/parts/records` or `/parts/objects`. The log has the reason.",
      tag: 'service',
      responses: {
        200: {
          description: 'Requests can be served.',
          json: readiness,
          examples: {
            ok: { summary: 'All parts work', value: READY },
            degraded: { summary: 'Some calls failed', value: degraded(['records']) },
            full: { summary: 'The disk has no space for uploads', value: degraded(['disk-space']) },
          },
        },
      },
      problems: ['unavailable'],
    },
    async handle(c, services) {
      const parts = await checkReadiness(services);
      return jsonAnswer(c, parts.length === 0 ? READY : degraded(parts));
    },
  },
];
