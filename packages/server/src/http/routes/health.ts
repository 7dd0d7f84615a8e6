import { z } from 'zod';
import packageJson from '../../../package.json' with { type: 'json' };
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
        200: { description: 'It runs.', content: { json: index } },
        302: { description: 'To /docs, for browsers.' },
      },
      problems: [],
    },
    handle(c, { settings }) {
      c.header('Vary', 'Origin, Accept');
      const wantsPage = c.req.header('accept')?.includes('text/html') === true;
      if (wantsPage) return c.redirect('/docs', 302);
      return c.json({
        status: 'running',
        name: 'safelight',
        version: packageJson.version,
        limits: {
          max_upload_bytes: settings.maxUploadBytes,
          max_direct_upload_bytes: settings.maxDirectUploadBytes,
          presigned_seconds: settings.presignedSeconds,
        },
        bytes: 'stream',
      } satisfies z.input<typeof index>);
    },
  },
  {
    method: 'GET',
    path: '/health',
    operation: {
      id: 'checkHealth',
      summary: 'Whether the service answers',
      tag: 'service',
      responses: { 200: { description: 'It does.', content: { json: health } } },
      problems: [],
    },
    handle: (c) => c.json({ status: 'ok' } satisfies z.input<typeof health>),
  },
];
