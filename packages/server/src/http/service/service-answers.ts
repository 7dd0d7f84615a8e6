import * as z from 'zod';
import { DEGRADABLE } from '../../operations/checks/check-readiness.ts';
import type { Services } from '../../services.ts';
import { imageTypes } from '../answers/image-types.ts';

/** Schemas of answers about the service, for openapi.json. */
export const health = z.object({ status: z.literal('ok') });

export const readiness = z.object({
  status: z.enum(['ok', 'degraded']),
  parts: z.array(z.enum(DEGRADABLE)).optional().meta({
    description:
      'With `degraded`: the parts whose calls failed lately; `disk-space` while uploads are refused to keep the reserve of the disk; `gates` while one that must look at images fails; `clock` while that of this machine is 30 s or more from the one of a store.',
  }),
});

export type Capabilities = Services['presigner']['capabilities'];

/** Capabilities that some stores lack, by their names in S3_LACKS. */
export const NAMES = {
  conditionalWrites: 'conditional-writes',
  checksums: 'checksums',
  postPolicy: 'post-policy',
  headerSigning: 'header-signing',
} as const satisfies Record<keyof Capabilities, string>;

/** The confinement of a decoder under an attacker's control. */
const CONFINEMENTS = ['landlock', 'namespaces', 'unconfined'] as const satisfies readonly ReturnType<
  Services['imaging']['confinement']
>['level'][];

export const index = z.object({
  status: z.literal('running'),
  name: z.literal('safelight'),
  version: z.string(),
  limits: z.object({
    max_upload_bytes: z.int(),
    max_direct_upload_bytes: z.int(),
    presigned_seconds: z.int(),
  }),
  image_types: imageTypes,
  bytes: z.enum(['stream', 'redirect']),
  search: z
    .boolean()
    .meta({ description: 'Whether lists have `q` and `visibility`, and there are tags in use and known bytes.' }),
  taken: z.boolean().meta({ description: 'Whether lists have an order by capture, and there are months.' }),
  events: z.boolean().meta({ description: 'Whether `GET /events` tells what becomes of images.' }),
  trash_days: z
    .int()
    .meta({ description: 'How long images stay in the trash; 0: the service has no trash, and its routes are a 404.' }),
  gates: z.boolean().meta({
    description: 'Whether images are checked further before they are ready: an upload may be `held` for a while.',
  }),
  ingest: z.boolean().meta({ description: 'Whether images can be uploaded by URL.' }),
  presets: z.record(z.string(), z.string()).meta({ description: 'The transform of each preset, as a query.' }),
  presets_only: z.boolean(),
  decoders: z.enum(CONFINEMENTS),
  store: z.object({ lacks: z.array(z.enum(Object.values(NAMES))) }),
});
