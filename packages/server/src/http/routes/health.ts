import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
import type { Services } from '../../services.ts';
import type { Route } from '../route.ts';

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
  bytes: z.enum(['stream']),
});

type Limits = Pick<Services['settings'], 'maxUploadBytes' | 'maxDirectUploadBytes' | 'presignedSeconds'>;

const describedAs = ({ maxUploadBytes, maxDirectUploadBytes, presignedSeconds }: Limits): z.input<typeof index> => ({
  status: 'running',
  name: 'safelight',
  version: packageJson.version,
  limits: {
    max_upload_bytes: maxUploadBytes,
    max_direct_upload_bytes: maxDirectUploadBytes,
    presigned_seconds: presignedSeconds,
  },
  bytes: 'stream',
});

const EXAMPLE_SETTINGS: Limits = {
  maxUploadBytes: 52_428_800,
  maxDirectUploadBytes: 5_242_880,
  presignedSeconds: 300,
};

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
  {
    method: 'GET',
    path: '/health',
    operation: {
      id: 'checkHealth',
      summary: 'Whether the service answers',
      tag: 'service',
      responses: {
        200: {
          description: 'It does.',
          json: health,
          examples: { ok: { summary: 'It does', value: { status: 'ok' } satisfies z.input<typeof health> } },
        },
      },
      problems: [],
    },
    handle: (c) => c.json({ status: 'ok' } satisfies z.input<typeof health>),
  },
];
