import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import { checkReadiness } from '../../operations/check-readiness.ts';
import type { Services } from '../../services.ts';
import type { Route, RouteContext } from '../route.ts';

const health = z.object({ status: z.literal('ok') });
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
});

type Limits = Pick<
  Services['settings'],
  'maxUploadBytes' | 'maxDirectUploadBytes' | 'presignedSeconds' | 'redirectsBytes'
>;

const describedAs = ({
  maxUploadBytes,
  maxDirectUploadBytes,
  presignedSeconds,
  redirectsBytes,
}: Limits): z.input<typeof index> => ({
  status: 'running',
  name: 'safelight',
  version: packageJson.version,
  limits: {
    max_upload_bytes: maxUploadBytes,
    max_direct_upload_bytes: maxDirectUploadBytes,
    presigned_seconds: presignedSeconds,
  },
  bytes: redirectsBytes ? 'redirect' : 'stream',
});

const EXAMPLE_SETTINGS: Limits = {
  maxUploadBytes: 52_428_800,
  maxDirectUploadBytes: 5_242_880,
  presignedSeconds: 300,
  redirectsBytes: false,
};

const IT_DOES = { ok: { summary: 'It does', value: { status: 'ok' } satisfies z.input<typeof health> } };

const answerOk = (c: RouteContext) => c.json({ status: 'ok' } satisfies z.input<typeof health>);

export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/',
    operation: {
      id: 'describeService',
      summary: 'The service, its version and its limits',
      description: 'JSON; a client that asks for HTML is sent to /docs.',
      tag: 'service',
      responses: {
        200: {
          description: 'It runs.',
          json: index,
          examples: { running: { summary: 'It runs', value: describedAs(EXAMPLE_SETTINGS) } },
        },
        302: { description: 'To /docs, for browsers.' },
      },
      problems: [],
    },
    handle(c, { settings }) {
      c.header('Vary', 'Origin, Accept');
      const wantsPage = c.req.header('accept')?.includes('text/html') === true;
      if (wantsPage) return c.redirect('/docs', 302);
      return c.json(describedAs(settings));
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
        responses: { 200: { description: 'It does.', json: health, examples: IT_DOES } },
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
        'Writes to every part: 503 names the parts that fail, in `errors` as `/parts/records` and `/parts/objects`.',
      tag: 'service',
      responses: { 200: { description: 'They can.', json: health, examples: IT_DOES } },
      problems: ['unavailable'],
    },
    async handle(c, services) {
      await checkReadiness(services);
      return answerOk(c);
    },
  },
];
